export const bulk = {
  'bulk.select': 'Select entries',
  'bulk.select_end': 'Stop selecting',
  'bulk.select_day': 'Select all of {day}',
  'bulk.select_page': 'Select all of this page',
  'bulk.bar': 'Selected entries',
  'bulk.hint':
    'Shift and a click, or Shift and an arrow key, select everything in between. Escape selects nothing.',
  'bulk.count': '{count} selected, {time}',
  'bulk.go': 'Change or delete',
  'bulk.clear': 'Select nothing',
  'bulk.title': '{count, plural, =0 {Change entries} one {Change # entry} other {Change # entries}}',
  'bulk.lead': 'What you leave as it is stays what it is in every entry. You can undo it afterwards.',
  'bulk.stays': 'As it is',
  'bulk.text_hint': 'Replaces the description. @project chooses the project, #tag adds a tag.',
  'bulk.clear_description': 'Take the descriptions away',
  'bulk.billable_hint': 'Left as it is, a new project brings its own.',
  'bulk.remove_tags': 'Take tags away',
  'bulk.change': '{count, plural, one {Change # entry} other {Change # entries}}',
  'bulk.change_rest': '{count, plural, one {Change the other one} other {Change the other #}}',
  'bulk.delete': '{count, plural, one {Delete # entry} other {Delete # entries}}',
  'bulk.delete_rest': '{count, plural, one {Delete the other one} other {Delete the other #}}',
  'bulk.back': 'Back',
  'bulk.none_selected': 'Nothing is selected. Tick the entries that you want to change.',
  'bulk.too_many':
    'At most {maximum, number} entries can be changed at once; {selected, number} are selected. Do it in parts.',
  'bulk.nothing_asked': 'Say what is to change: a text, a project, a task, a tag, or whether it is billable.',
  'bulk.none_and_named':
    'A project is named or follows from the task, and “No project” is chosen. Keep one of the two.',
  'bulk.text_and_none': 'There is a new description, too. Keep one of the two.',
  'bulk.changed_meanwhile':
    'Some of these entries were changed meanwhile. They are shown as they are now; do it again if you still want it.',
  'bulk.missing':
    '{count, plural, one {One of the selected entries does not exist any more, or is not yours to change.} other {# of the selected entries do not exist any more, or are not yours to change.}}',
  'bulk.some_blocked':
    'Nothing was done yet: {blocked, plural, one {one entry} other {# entries}} cannot be part of it, for the reasons below. The other {rest, plural, one {one} other {#}} can.',
  'bulk.all_blocked': 'Nothing was done: none of these entries can be part of it, for the reasons below.',
  'bulk.blocked.project_needed': 'It is somebody else’s, and must be on a project that you manage.',
  'bulk.blocked.not_managed': 'It is somebody else’s, and you do not manage that project.',
  'bulk.blocked.running': 'Its timer is still running. Stop or discard it first.',
  'bulk.unchanged': 'These entries are all like that already.',
  'bulk.changed': '{count, plural, one {# entry} other {# entries}} changed, {time}.',
  'bulk.deleted': '{count, plural, one {# entry} other {# entries}} deleted, {time}.',
  'bulk.undone':
    '{restored, plural, =0 {Nothing} one {# entry} other {# entries}} put back as before.{left, plural, =0 {} one { One stays: it was changed since, is back already, or is not yours to change any more.} other { # stay: they were changed since, are back already, or are not yours to change any more.}}',
} as const;
