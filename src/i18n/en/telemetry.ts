export const telemetry = {
  'telemetry.title': 'What leaves this server',
  'telemetry.lead':
    'Every byte that this server sends on its own goes through one gate and is kept in a ledger. Here you decide what may pass, and see what did.',
  'telemetry.now_nothing': 'Right now, nothing leaves this server.',
  'telemetry.now_leaves': 'Right now, these leave this server: {channels}.',
  'telemetry.now_waits': 'Waiting for your decision: {count, plural, one {# payload} other {# payloads}}.',
  'telemetry.to_host': '{channel} to {host}',
  'telemetry.tabs': 'Parts of this page',
  'telemetry.tab_channels': 'Channels',
  'telemetry.tab_ledger': 'Ledger',
  'telemetry.tab_events': 'Dictionary',
  'telemetry.export': 'All of this as JSON',

  'telemetry.channel.errors': 'Error reports',
  'telemetry.channel.analytics': 'Product events',
  'telemetry.channel.installation': 'Installation telemetry',
  'telemetry.channel.mail': 'Mail',
  'telemetry.channel.webhooks': 'Webhooks',
  'telemetry.channel.sign_in': 'Sign-in providers',
  'telemetry.purpose.errors':
    'When something breaks in this server, a report says what kind of error it was and where in the program it happened, so that somebody notices and can repair it. Where whoever runs this server has switched on measurements, some requests also say which kind of page it was and how long it took.',
  'telemetry.purpose.analytics':
    'Shows which functions are used, and how often: a timer was started, a report was opened, a file was exported. It helps to decide what to improve.',
  'telemetry.purpose.installation':
    'Says that this installation exists, which version it runs, and once a day that it is alive, so that it is known which versions are in use.',
  'telemetry.never':
    'Never in it: names, e-mail addresses, what people write, names of projects, clients and tags, network addresses, cookies, passwords. People and projects appear as pseudonyms that mean nothing without the secret key in your database.',
  'telemetry.never_installation':
    'Never in it: anything about people or their work, the name of this machine, its address. The fingerprint is a pseudonym: a hash of the machine’s name and a secret salt that stays here.',

  'telemetry.mode.off': 'Off',
  'telemetry.mode.review': 'Ask me first',
  'telemetry.mode.auto': 'On',
  'telemetry.state.off': 'Off',
  'telemetry.state.review': 'Held for review',
  'telemetry.state.auto': 'On',
  'telemetry.switch': '{channel}: what may leave',
  'telemetry.switch_hint':
    'Takes effect at once, without restart. Off also drops everything that waits, and cuts off what is on its way. “Ask me first” holds each payload until you release or discard it: for seven days at most, and as many as OUTBOX_MAX_ROWS allows. Then the oldest are dropped unsent.',
  'telemetry.switched.off': '{channel}: off. What was waiting has been dropped.',
  'telemetry.switched.review': '{channel}: everything is held until you release it.',
  'telemetry.switched.auto': '{channel}: on.',

  'telemetry.not_switched': 'Nothing was changed or written down. {reason}',

  'telemetry.reason.not_set_up': 'Nothing leaves before the setup of this server is complete.',
  'telemetry.reason.do_not_track':
    'DO_NOT_TRACK=1 in the environment forbids every channel, whatever is chosen here.',
  'telemetry.reason.enable_telemetry_false':
    'ENABLE_TELEMETRY=false in the environment forbids it, whatever is chosen here.',
  'telemetry.reason.not_configured': 'There is no destination, so nothing can be sent.',
  'telemetry.reason.host_missing':
    'POSTHOG_API_KEY is set, but POSTHOG_HOST is not. There is no default: choose the address that the events may go to.',
  'telemetry.reason.switched_off': 'An administrator decided against it.',
  'telemetry.reason.not_chosen': 'No administrator has agreed to it.',
  'telemetry.reason.on_by_environment':
    'ENABLE_TELEMETRY=true in the environment agrees to it. You can still switch it off here.',
  'telemetry.reason.on_by_configuration': 'A destination is configured, and nobody switched it off.',
  'telemetry.reason.on_by_choice': 'An administrator agreed to it.',
  'telemetry.reason.review_by_choice':
    'An administrator wants to see everything first. Nothing leaves unless it is released.',
  'telemetry.reason.not_covered':
    'Fields that every payload has are not among those that were agreed to. Please look at the list of fields, and agree to it.',
  'telemetry.reason.person_opted_out': 'You said that no product events about you may leave.',
  'telemetry.reason.browser_signal': 'Your browser asks not to be tracked, and that is respected.',

  'telemetry.configure.errors':
    'To make it possible, set SENTRY_DSN to the address of a project of your own (Sentry, GlitchTip or Bugsink) and restart.',
  'telemetry.configure.analytics':
    'To make it possible, set POSTHOG_API_KEY and POSTHOG_HOST to a PostHog project of your own and restart.',
  'telemetry.configure.installation':
    'To make it possible, set TELE_URL to the address that shall receive it (or POSTHOG_API_KEY and POSTHOG_HOST) and restart.',

  'telemetry.destination': 'Goes to',
  'telemetry.no_destination': 'nowhere',
  'telemetry.configured_by': 'set by {option}',
  'telemetry.purpose': 'What for',
  'telemetry.last_sent': 'Last attempt',
  'telemetry.never_sent': 'never',
  'telemetry.last_problem': 'Last problem',
  'telemetry.no_problem': 'none',
  'telemetry.next_attempt': 'Next attempt',
  'telemetry.open': 'Fields, next bytes, history',
  'telemetry.open_named': 'Fields, next bytes, history: {channel}',

  'telemetry.count.requests': 'Attempts',
  'telemetry.count.bytes': 'Bytes of their bodies',
  'telemetry.count.waiting': 'Waiting',
  'telemetry.count.held': 'Held for you',
  'telemetry.count.failed': 'Not taken',
  'telemetry.count.dropped': 'Dropped unsent',
  'telemetry.count.since_ledger': 'in the ledger',
  'telemetry.count.since_start': 'since the last start',
  'telemetry.blocked':
    '{count, plural, =0 {No connection was attempted outside these channels since the last start.} one {# connection outside these channels was blocked since the last start. The log says which.} other {# connections outside these channels were blocked since the last start. The log says which.}}',

  'telemetry.test': 'Send a test',
  'telemetry.test_named': 'Send a test: {channel}',
  'telemetry.test_hint':
    '“Send a test” sends one real request at once, also while you are asked first: of the fields that were agreed to, on the same way as everything else, and in the ledger like everything else.',
  'telemetry.test_done': 'The test arrived: {host} answered {status}.',
  'telemetry.test_failed': 'The test did not arrive. {problem}',
  'telemetry.test_refused': 'No test was sent. {reason}',

  'telemetry.problem.refused':
    'The destination refused the connection. Is the address right, and is the service running?',
  'telemetry.problem.timeout': 'The destination did not answer in time. It is tried again later.',
  'telemetry.problem.aborted':
    'The request was cut off, because the channel was switched off or the server stopped.',
  'telemetry.problem.tls':
    'The destination’s certificate was not accepted. It must be valid for that host name.',
  'telemetry.problem.unresolved': 'The host name of the destination was not found. Is it spelled right?',
  'telemetry.problem.reset': 'The connection broke. It is tried again later.',
  'telemetry.problem.insecure_address':
    'The address is plain http, which is allowed to this machine only. Please use https.',
  'telemetry.problem.unreachable':
    'There is no way to the destination from here. Is this server allowed to reach it?',
  'telemetry.problem.bad_answer': 'What answered does not speak HTTP properly. Is the port right?',
  'telemetry.problem.sign_in_refused': 'The mail server refused user or password. Please check SMTP_URL.',
  'telemetry.problem.blocked':
    'This server’s own guard blocked the connection. That is a mistake in the program: please report it.',
  'telemetry.problem.failed': 'The request failed for a reason without a name. It is tried again later.',
  'telemetry.problem.sink':
    'This server could not prepare the request or write it into the ledger, so nothing was sent. The log says why. It is tried again later.',
  'telemetry.problem.key':
    'The destination refused the key ({status}). Please check the key in the environment.',
  'telemetry.problem.address':
    'The destination does not know this address ({status}). Please check the address in the environment.',
  'telemetry.problem.rejected': 'The destination refused the content ({status}). It was dropped.',
  'telemetry.problem.redirect':
    'The destination sent elsewhere ({status}). Redirects are not followed: please configure the final address.',
  'telemetry.problem.busy': 'The destination asks to wait ({status}). It is tried again later.',
  'telemetry.problem.server': 'The destination has a problem of its own ({status}). It is tried again later.',

  'telemetry.next': 'What would be sent next',
  'telemetry.next_real': 'Exactly these bytes wait to go to {host}.',
  'telemetry.next_sample': 'Nothing waits. This is a sample made by this very server; it would go to {host}.',
  'telemetry.next_none':
    'Nothing waits, and nothing can leave: there is no destination, or a field that every payload has was not agreed to.',
  'telemetry.pretty': 'Easy to read',
  'telemetry.raw': 'Exact bytes ({count, plural, one {# byte} other {# bytes}})',

  'telemetry.waiting': 'Waiting',
  'telemetry.waiting_none': 'Nothing waits.',
  'telemetry.waiting_hint': 'These are sent as soon as the destination takes them.',
  'telemetry.held_hint':
    'Nothing of this leaves unless you release it. What nobody has released after seven days is dropped.',
  'telemetry.payload': 'Payload',
  'telemetry.attempts': '{count, plural, =0 {not tried yet} one {tried once} other {tried # times}}',
  'telemetry.release': 'Release',
  'telemetry.release_all': 'Release all',
  'telemetry.discard': 'Discard',
  'telemetry.discard_all': 'Discard all',
  'telemetry.release_named': 'Release {purpose} of {instant}',
  'telemetry.discard_named': 'Discard {purpose} of {instant}',
  'telemetry.released': '{count, plural, one {# payload released.} other {# payloads released.}}',
  'telemetry.discarded': '{count, plural, one {# payload discarded.} other {# payloads discarded.}}',

  'telemetry.sent': 'Last sent',
  'telemetry.sent_none': 'Nothing has been sent on this channel.',
  'telemetry.sent_all': 'All of them in the ledger',

  'telemetry.fields': 'What it may contain',
  'telemetry.fields_hint':
    'These fields, and no others. A field that was not in the list when an administrator agreed is left out until one agrees again.',
  'telemetry.fields_count': '{count, plural, one {# field} other {# fields}}',
  'telemetry.field': 'Field',
  'telemetry.meaning': 'What it says',
  'telemetry.field_new': 'new, not sent',
  'telemetry.new_fields':
    '{count, plural, one {# field was added} other {# fields were added}} since the list was agreed to. Nothing of the new is sent.',
  'telemetry.agree': 'Agree to the new fields',
  'telemetry.agreed': 'The new fields of “{channel}” may be sent from now on.',

  'telemetry.list_changed':
    'The list of fields has changed since the page was opened. Please look at it again.',

  'telemetry.history': 'Decisions',
  'telemetry.history_none': 'Nobody has decided anything here yet. What holds comes from the environment.',
  'telemetry.decided_at': 'When',
  'telemetry.decided_by': 'Who',
  'telemetry.decided_how': 'How',
  'telemetry.decided_mode': 'Decision',
  'telemetry.decided_version': 'Dictionary',
  'telemetry.decided_covered': 'Covers',
  'telemetry.version': 'version {version}',
  'telemetry.by_command': 'a command on the server',
  'telemetry.by_environment': 'nobody: the environment',
  'telemetry.by_former': 'somebody who is no longer here',
  'telemetry.source.setup': 'in the setup',
  'telemetry.source.panel': 'on this page',
  'telemetry.source.environment': 'by configuration, for the first time',
  'telemetry.source.command': 'by command',
  'telemetry.added': '{count, plural, one {# added} other {# added}}',

  'telemetry.off_later':
    'You can change this at any time under “Admin” → “What leaves”. Off takes effect at once, and drops what still waits.',
} as const;
