export const privacy = {
  'privacy.title': 'Privacy',
  'privacy.lead': 'What this server records about you, what has left it about you, and your say in it.',

  'privacy.choice': 'Product events about you',
  'privacy.choice_text':
    'Product events say which functions are used: that a timer was started, that a report was opened. You appear in them under a pseudonym. What you write is never in them.',
  'privacy.choice_label': 'May they leave this server?',
  'privacy.choice.in': 'Yes, they may',
  'privacy.choice.out': 'No, nothing about me',
  'privacy.choice.out_hint': 'What waits to be sent about you is deleted at once.',
  'privacy.choice.browser': 'As my browser says',
  'privacy.choice.browser_hint':
    'No, if your browser sends “Global Privacy Control” or “Do Not Track”; yes otherwise.',
  'privacy.signal_seen': 'Your browser sends such a signal now.',
  'privacy.signal_not_seen': 'Your browser sends no such signal now.',
  'privacy.saved.in': 'Saved. Product events about you may leave this server.',
  'privacy.saved.out': 'Saved. No product events about you leave this server any more.',
  'privacy.saved.browser': 'Saved. Your browser decides.',
  'privacy.effect': 'With effect now',
  'privacy.effect_off': 'No product events leave this server for anybody.',
  'privacy.effect_person': 'No product events about you leave this server.',
  'privacy.effect_review': 'Product events about you are held; an administrator releases or discards them.',
  'privacy.effect_on': 'Product events about you go to {host}.',
  'privacy.effect_else': 'If that changes, what you choose here holds.',

  'privacy.recorded': 'What is recorded about you here',
  'privacy.recorded_text': 'All of this is on this server. It is not given to anybody by itself.',
  'privacy.kind': 'What',
  'privacy.count': 'How much',
  'privacy.why': 'What for, and how long',
  'privacy.account': 'Your account',
  'privacy.account_text':
    'Name, e-mail address, language, time zone and how you like to see things. Kept as long as the account.',
  'privacy.account_since': 'since {date}',
  'privacy.entries': 'Your time',
  'privacy.entries_text':
    'Beginning, end, text, project and tags of each entry. You see and change them on the timer page. Administrators can see them too.',
  'privacy.entries_range': '{first} to {last}',
  'privacy.sessions': 'Where you are signed in',
  'privacy.sessions_text':
    'Kind of browser and system, and when it was last used. No network address. Ends after {days, plural, one {# day} other {# days}} at most.',
  'privacy.comments': 'Comments',
  'privacy.comments_text': 'What you wrote at tasks. Who sees the task sees them.',
  'privacy.notices': 'Messages to you',
  'privacy.notices_text': 'What this server told you on its pages, such as a budget that is used up.',
  'privacy.own.project_members': 'Projects you are in',
  'privacy.own.favourites': 'Favourites',
  'privacy.own.tasks': 'Tasks given to you',
  'privacy.own.account_links': 'Links to your account',
  'privacy.own.mails': 'Mails to you',
  'privacy.own.consents': 'Decisions about what leaves',
  'privacy.own_text.consents':
    'What you decided about the channels as an administrator. Administrators can see it.',
  'privacy.own_text.project_members':
    'Which projects you are a member of or manage, and any price or cost rate set for you. Administrators can see them; managers see the prices on their projects.',
  'privacy.own_text.favourites': 'Projects you marked, to find them faster. Only you see them.',
  'privacy.own_text.tasks': 'Who sees the task sees whom it is given to.',
  'privacy.own_text.account_links':
    'Invitations and links for a new password: when they were made, end and were used. Never the link itself, only its hash.',
  'privacy.own_text.mails':
    'Which link or message was mailed to you, when, and whether the mail server took it, not what it said. Kept for 30 days after it ended.',
  'privacy.audit': 'Audit log',
  'privacy.audit_text':
    'What you changed as an administrator or of somebody else’s time, and what others changed of yours. Numbers and choices only; administrators can read it.',
  'privacy.deleted': 'Deleted, can be undone',
  'privacy.deleted_text':
    'What you deleted a moment ago, so that “Undo” works. Removed for good after a while.',
  'privacy.waiting': 'Waiting to leave',
  'privacy.waiting_text': 'Payloads about you that have not been sent yet.',
  'privacy.left': 'Left about you',
  'privacy.at_least': 'at least {count, number}',
  'privacy.left_count_text':
    '{counted, select, newest {Of the newest {newest, number} only: there are more. } other {}}{tried, plural, =0 {} one {And # attempt that reached nobody. } other {And # attempts that reached nobody. }}Requests that had something about you in them; listed below. Kept for {days, plural, one {# day} other {# days}}.',
  'privacy.log': 'Log of the server',
  'privacy.log_text':
    'Which page was asked for, when, how long it took, with your number ({id}), never with your name. Log files are kept for {days, plural, one {# day} other {# days}} at most.',
  'privacy.log_count': 'not counted',
  'privacy.not_recorded':
    'Not recorded: your network address, what you type before you save it, keystrokes, pictures of your screen, and that you were away, unless you answer the question after a break by taking the break out: your answer is an event in the log.',

  'privacy.sent': 'What left this server about you, or was to',
  'privacy.sent_none': 'Nothing about you has left this server',
  'privacy.sent_none_text': 'As soon as something does, its exact bytes are listed here.',
  'privacy.pseudonym': 'Your pseudonym in product events',
  'privacy.pseudonym_errors': 'Your pseudonym in error reports',
  'privacy.pseudonym_text':
    'Made from your number and a secret key that stays in this server’s database. Who does not have that key cannot tell that it is you.',
  'privacy.part':
    'Your part, exactly as it was sent. The request had {count, plural, one {# byte} other {# bytes}} in all; the rest is the frame around it and, where several people were in it, their parts.',
  'privacy.whole': 'The request, exactly as it was sent ({count, plural, one {# byte} other {# bytes}}).',
  'privacy.part_tried':
    'Your part of a request of {count, plural, one {# byte} other {# bytes}} that was tried; no connection came about, so nothing left.',
  'privacy.whole_tried':
    'The request as it would have been sent ({count, plural, one {# byte} other {# bytes}}); no connection came about, so nothing left.',
  'privacy.to_host': 'to {host}',
  'privacy.ask': 'For anything else about your data, please ask the people who run this server.',
} as const;
