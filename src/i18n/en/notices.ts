export const notices = {
  'notices.title': 'Notices',
  'notices.lead': 'What this server wants you to know.',
  'notices.bell': '{unread, plural, =0 {Notices} one {Notices, # unread} other {Notices, # unread}}',
  'notices.none': 'No notices',
  'notices.none_text':
    'It says so here when somebody else books, changes or deletes your time; to those who manage a project, when its budget or the estimate of one of its tasks reaches a threshold; and to administrators, when a mail could not be sent.',
  'notices.unread': 'new',
  'notices.mark_read': 'Mark as read',
  'notices.read_all': 'Mark all as read',
  'notices.person_gone': 'somebody who is gone',
  'notices.mail_invitation':
    'The mail with the invitation of {name} could not be sent: hand over a link. {reason}',
  'notices.mail_password_reset':
    'The mail with which {name} chooses a new password could not be sent: hand over a link. {reason}',
  'notices.mail_notice': 'Notices to {name} could not be sent by mail; they are in the page. {reason}',
  'notices.mail_refused': 'The mail server refused it ({status}).',
  'notices.mail_never_tried': 'No mail server was asked.',
  'notices.project_gone': 'a project that is gone or not yours to see any more',
  'notices.budget_total':
    'The budget of {project} has reached {threshold, number} %: {percent, number} % is used.',
  'notices.budget_monthly':
    'The budget of {project} for {month} has reached {threshold, number} %: {percent, number} % is used.',
  'notices.estimate':
    'The time on {task} ({project}) has reached {threshold, number} % of its estimate: {percent, number} % is used.',
  'notices.task_gone': 'The estimate of a task that is gone or not yours to see any more was reached.',
  'notices.mail_estimate_subject': 'Estimate of {task}',
  'notices.mail_estimate_action': 'Open the task',
  'notices.entry_created':
    '{name} booked {count, plural, one {an entry} other {# entries}} for you ({days}).',
  'notices.entry_updated':
    '{name} changed {count, plural, one {one of your entries} other {# of your entries}} ({days}).',
  'notices.entry_deleted':
    '{name} deleted {count, plural, one {one of your entries} other {# of your entries}} ({days}).',
  'notices.entry_restored':
    '{name} put back {count, plural, one {one of your entries} other {# of your entries}} ({days}).',
  'notices.mail_entry_subject': 'Your time was changed',
  'notices.mail_entry_action': 'Show my entries',
  'notices.mail_entry_why': 'You get this because your account says so; you can change it there.',
  'notices.mail_subject': 'Budget of {project}',
  'notices.mail_action': 'Open the project',
  'notices.mail_why': 'You get this once for each threshold, because you manage this project or this server.',
} as const;
