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
  'setup.team_hint': 'The others join by a command on this server: npm run create-admin -- --role member',
  'setup.currency_hint': 'For amounts of the whole server.',
  'setup.leaves': 'What leaves this server',
  'setup.leaves_short': 'Nothing, in this version.',
  'setup.leaves_text':
    'No error reports, no usage figures, no update checks. Pages load nothing from other servers, and the log and the metrics stay here. Should a later version be able to send something, it will ask first and show you every byte.',
  'setup.finish': 'Finish and start tracking',
} as const;
