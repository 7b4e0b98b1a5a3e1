export const merging = {
  'merging.title': 'Merge {name}',
  'merging.lead': 'Two that mean the same become one. What was booked keeps its rates and amounts.',
  'merging.into': 'Into',
  'merging.look': 'Show what happens',
  'merging.question': 'Merge {from} into {into}?',
  'merging.entries': '{entries, plural, =0 {No entries} one {# entry} other {# entries}} will move.',
  'merging.projects':
    '{projects, plural, =0 {No projects} one {# project} other {# projects}} will move; {merged, plural, =0 {none of them has} one {# of them has} other {# of them have}} a namesake there and will be merged with it.',
  'merging.tasks':
    '{tasks, plural, =0 {No tasks} one {# task} other {# tasks}} will move; {merged, plural, =0 {none of them has} one {# of them has} other {# of them have}} a namesake there and will be merged with it.',
  'merging.people': 'Members, managers and favourites of both come together.',
  'merging.rates':
    '{rates, plural, =0 {No rates go.} one {# rate goes: for new time, those of {name} hold.} other {# rates go: for new time, those of {name} hold.}}',
  'merging.losing_tasks':
    '{tasks, plural, one {# task has} other {# tasks have}} another description, estimate or due date than the namesake: what the namesake has stays, the other goes.',
  'merging.losing_projects':
    'Of two projects of one name, code, dates and budget of the one that stays hold; its description too, when it has one.',
  'merging.lost_description': 'The description of {from} goes: {into} has one of its own.',
  'merging.lost_code': 'The code of {from} goes.',
  'merging.lost_dates': 'Dates of {from} go: those of {into} stay as they are.',
  'merging.lost_budget': 'The budget of {from} goes: that of {into} stays as it is.',
  'merging.lost_estimate': 'The estimate of {from} goes: {into} has one of its own.',
  'merging.comments': '{comments, plural, =0 {No comments} one {# comment} other {# comments}} will move.',
  'merging.gone': '{name} is gone afterwards. This cannot be undone.',
  'merging.merge': 'Merge',
  'merging.same': 'That is the same one. Please choose another.',
  'merging.currencies':
    'They are billed in different currencies, and amounts are never converted. Give both the same currency first.',
  'merging.other_project': 'That task belongs to another project. Merge the projects first.',
  'merging.moved': 'Nothing was merged: it is not as it was shown any more. This is how it is now.',
  'merging.done':
    '{from} was merged into {into}: {entries, plural, =0 {no entries} one {# entry} other {# entries}} moved.',
} as const;
