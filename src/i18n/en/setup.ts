export const setup = {
  'setup.title': 'Set up TimeTracker',
  'setup.lead':
    'One page, then the clock can run. What is about you can be changed later under “Your account”.',
  'setup.administrator': 'Your account',
  'setup.administrator_hint': 'You become the administrator of this server.',
  'setup.code': 'Setup code',
  'setup.code_hint': 'The server printed it in its log when it started. It proves that this server is yours.',
  'setup.code_wrong': 'This is not the setup code. It stands in the log of this server’s last start.',
  'setup.use': 'How you will use it',
  'setup.used_by': 'Who tracks time here?',
  'setup.alone': 'Just me',
  'setup.team': 'A team',
  'setup.team_hint': 'You invite the others later, under “Admin” → “People”.',
  'setup.currency_hint': 'For amounts of the whole server.',
  'setup.leaves': 'What leaves this server',
  'setup.leaves_none': 'Nothing, because no destination is configured.',
  'setup.leaves_none_text':
    'No error reports, no usage figures, no update checks. Pages load nothing from other servers, and the log and the metrics stay here.',
  'setup.leaves_lead':
    'These destinations are configured in the environment of this server. You decide what may go there; you can see every byte, and change it at any time.',
  'setup.leaves_send': '{channel} may go to {host}',
  'setup.leaves_exactly': 'What exactly, and an example',
  'setup.leaves_sample': 'A sample of this very server',
  'setup.leaves_not_possible': '{channel}: {reason}',
  'setup.finish': 'Finish and start tracking',
} as const;
