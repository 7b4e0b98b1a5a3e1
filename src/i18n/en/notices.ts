export const notices = {
  'notices.title': 'Notices',
  'notices.lead': 'What this server wants you to know.',
  'notices.bell': '{unread, plural, =0 {Notices} one {Notices, # unread} other {Notices, # unread}}',
  'notices.none': 'No notices',
  'notices.none_text':
    'When a budget of a project that you manage reaches one of its thresholds, it says so here.',
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
  'notices.mail_subject': 'Budget of {project}',
  'notices.mail_action': 'Open the project',
  'notices.mail_why': 'You get this once for each threshold, because you manage this project or this server.',
} as const;
