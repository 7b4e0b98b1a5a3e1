export const entries = {
  'entry.unknown_project':
    'There is no project “{name}”. Choose another one, or write \\@{name} if it is part of the text.',
  'entry.ambiguous_project': 'There are several projects “{name}”. Write which one you mean: {choices}',
  'entry.create_and_start': 'Create the project “{name}” and start',
  'entry.project_gone': 'This project does not exist any more.',
  'entry.project_archived':
    'The project “{name}” is archived, so no new time can be booked on it. Choose another one.',
  'entry.project_closed': 'You may not book on the project “{name}” any more. Choose another one.',
  'entry.project_needed': 'Please choose one of the projects you manage.',
  'entry.tag_too_long': 'A tag has at most {maximum, number} characters.',
  'entry.too_far': 'At most {days, number} days ahead.',
  'entry.end_or_duration': 'Please enter an end or a duration.',
  'entry.no_length': 'Start and end are the same. Enter another end, or a duration.',
  'entry.end_before_start': 'This is before the start.',
  'entry.start_after_end': 'The start is after the end.',
  'entry.end_before_skipped':
    'The clocks are put forward over {typed} on that day, so the entry would start at {understood}, not before its end.',
  'entry.too_long': 'An entry has at most 999 hours.',
  'entry.times_disagree': 'This does not match start and end. Leave one of the three empty.',
  'entry.start_in_future': 'A running timer cannot have started in the future.',
  'entry.stop_outside': 'The timer was not stopped: that moment is before its start or still to come.',
  'entry.changed_elsewhere':
    'This entry was changed meanwhile. It is now “{text}”, {times}. Below is what you typed; save again to replace it.',
  'entry.nothing_ran': 'No timer was running.',
  'entry.discarded': 'Timer discarded.',
  'entry.booked_now': 'Booked {duration}, ending now.',
  'entry.added': 'Added {duration} on {day}.',
  'entry.added_for': 'Added {duration} on {day} for {name}.',
  'entry.book_for': 'Book time for {name}',
  'entry.book_note':
    'The entry says that you booked it, and the audit log has it. {name} can see and change it.',
  'entry.book_zone': 'Times are taken in the time zone {zone}.',
  'entry.note_days': 'It starts on {started_day} and ends on {ended_day}.',
  'entry.ends_on': 'On {day}',
  'entry.stopped_already': 'That timer had already been stopped. The one that runs now was left alone.',
  'entry.saved': 'Saved.',
  'entry.deleted': 'Entry deleted.',
  'entry.deleted_named': 'Deleted “{text}”.',
  'entry.duplicated': 'Entry duplicated.',
  'entry.split_done': 'Split into {count, plural, one {# entry} other {# entries}}.',
  'entry.split_nothing': 'This entry does not cross midnight.',
  'entry.runs_still': 'Stop the timer first.',
  'entry.restored': 'The entry is back.',
  'entry.runs_again': 'The timer runs again.',
  'entry.restored_finished':
    'Another timer runs by now, so the discarded one is back as an entry that ended when it was discarded.',
  'entry.restored_already': 'It is back already.',
  'entry.note_skipped': 'The clocks are put forward over {typed} on that day; {understood} was taken.',
  'entry.note_first':
    '{typed} comes twice on that day because the clocks are put back; the first one was taken.',
  'entry.note_second':
    '{typed} comes twice on that day because the clocks are put back; the second one was taken.',
} as const;
