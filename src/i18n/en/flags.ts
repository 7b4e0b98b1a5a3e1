export const flags = {
  'admin.features': 'Features',
  'flag.title': 'Features',
  'flag.lead':
    'Switch parts of TimeTracker on or off for everybody. This server decides; nobody outside is asked.',
  'flag.saved':
    '{count, plural, =0 {Nothing has changed.} one {Saved: one feature.} other {Saved: # features.}}',
  'flag.idle_question.label': 'Ask about idle time',
  'flag.idle_question.hint':
    'While a timer runs, the page notices that nobody was there and offers to take the time away. It notices in the browser, and nothing leaves the browser before the person answers.',
  'flag.suggestions.label': 'Suggest while typing',
  'flag.suggestions.hint':
    'The timer offers a person their own earlier work, projects after @ and tags after #.',
  'flag.projects_on_the_way.label': 'Make projects on the way',
  'flag.projects_on_the_way.hint':
    'Administrators and managers can type @ and a new name into the timer to make a project. Without it, projects are only made on their own page.',
} as const;
