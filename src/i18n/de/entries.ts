import type { entries as en } from '../en/entries.ts';

export const entries: Record<keyof typeof en, string> = {
  'entry.unknown_project':
    'Es gibt kein Projekt „{name}“. Wählen Sie ein anderes, oder schreiben Sie \\@{name}, wenn es zum Text gehört.',
  'entry.ambiguous_project':
    'Es gibt mehrere Projekte „{name}“. Schreiben Sie, welches Sie meinen: {choices}',
  'entry.create_and_start': 'Projekt „{name}“ anlegen und starten',
  'entry.project_gone': 'Dieses Projekt gibt es nicht mehr.',
  'entry.project_not_managed':
    'Das Projekt „{name}“ leiten Sie nicht, und für andere buchen Sie auf Projekte, die Sie leiten. Wählen Sie eines davon.',
  'entry.project_archived':
    'Das Projekt „{name}“ ist archiviert, darauf kann keine neue Zeit gebucht werden. Wählen Sie ein anderes.',
  'entry.project_closed': 'Auf das Projekt „{name}“ dürfen Sie nicht mehr buchen. Wählen Sie ein anderes.',
  'entry.project_needed': 'Bitte wählen Sie eines der Projekte, die Sie leiten.',
  'entry.tag_too_long': 'Ein Schlagwort hat höchstens {maximum, number} Zeichen.',
  'entry.too_far': 'Höchstens {days, number} Tage im Voraus.',
  'entry.end_or_duration': 'Bitte geben Sie ein Ende oder eine Dauer ein.',
  'entry.no_length': 'Beginn und Ende sind gleich. Geben Sie ein anderes Ende oder eine Dauer ein.',
  'entry.end_before_start': 'Das liegt vor dem Beginn.',
  'entry.start_after_end': 'Der Beginn liegt nach dem Ende.',
  'entry.end_before_skipped':
    'Die Uhren springen an diesem Tag über {typed} hinweg; der Eintrag begänne also um {understood}, nicht vor seinem Ende.',
  'entry.too_long': 'Ein Eintrag hat höchstens 999 Stunden.',
  'entry.times_disagree': 'Das passt nicht zu Beginn und Ende. Lassen Sie eines der drei leer.',
  'entry.start_in_future': 'Eine laufende Uhr kann nicht in der Zukunft begonnen haben.',
  'entry.stop_outside':
    'Die Uhr wurde nicht angehalten: Dieser Zeitpunkt liegt vor ihrem Beginn oder kommt erst noch.',
  'entry.changed_elsewhere':
    'Dieser Eintrag wurde inzwischen geändert. Er lautet jetzt „{text}“, {times}. Unten steht, was Sie eingegeben haben; speichern Sie noch einmal, um ihn zu ersetzen.',
  'entry.nothing_ran': 'Es lief keine Uhr.',
  'entry.discarded': 'Uhr verworfen.',
  'entry.booked_now': '{duration} gebucht, Ende jetzt.',
  'entry.added': '{duration} am {day} hinzugefügt.',
  'entry.added_for': '{duration} am {day} für {name} hinzugefügt.',
  'entry.book_for': 'Zeit für {name} buchen',
  'entry.book_note':
    'Am Eintrag steht, dass Sie ihn gebucht haben, und das Protokoll hält es fest. {name} sieht ihn und kann ihn ändern.',
  'entry.book_zone': 'Die Zeiten gelten in der Zeitzone {zone}.',
  'entry.of': 'Zeit von {name}',
  'entry.booked_by': '{name} hat sie gebucht.',
  'entry.changed_by': '{name} hat sie zuletzt geändert.',
  'entry.by_somebody': 'Jemand, den es nicht mehr gibt,',
  'entry.change_note':
    'Was Sie hier ändern, ist als Ihre Änderung gekennzeichnet und steht im Protokoll. {name} sieht es.',
  'entries.title': 'Einträge',
  'entries.total': '{entries, plural, =0 {Keine Einträge} one {# Eintrag} other {# Einträge}}, {time}',
  'entries.search': 'Text enthält',
  'entries.none': 'Hier gibt es keine Einträge',
  'entries.by_others': 'durch andere',
  'entries.book': 'Für jemanden buchen',
  'entries.book_next': 'Weiter',
  'entry.note_days': 'Der Eintrag beginnt am {started_day} und endet am {ended_day}.',
  'entry.ends_on': 'Am {day}',
  'entry.stopped_already': 'Dieser Timer war schon gestoppt. Der jetzt laufende blieb unberührt.',
  'entry.saved': 'Gespeichert.',
  'entry.deleted': 'Eintrag gelöscht.',
  'entry.deleted_named': '„{text}“ gelöscht.',
  'entry.duplicated': 'Eintrag verdoppelt.',
  'entry.split_done': 'In {count, plural, one {# Eintrag} other {# Einträge}} geteilt.',
  'entry.split_undone': 'Es ist wieder ein Eintrag.',
  'entry.split_changed': 'Einer der Teile wurde seitdem geändert, deshalb bleiben sie, wie sie sind.',
  'entry.split_nothing': 'Dieser Eintrag geht nicht über Mitternacht.',
  'entry.runs_still': 'Halten Sie zuerst die Uhr an.',
  'entry.restored': 'Der Eintrag ist wieder da.',
  'entry.runs_again': 'Die Uhr läuft wieder.',
  'entry.restored_finished':
    'Inzwischen läuft eine andere Uhr; die verworfene ist deshalb als Eintrag zurück, der endete, als sie verworfen wurde.',
  'entry.restored_already': 'Er ist schon wieder da.',
  'entry.note_skipped': 'Die Uhren springen an diesem Tag über {typed} hinweg; genommen wurde {understood}.',
  'entry.note_first':
    '{typed} gibt es an diesem Tag zweimal, weil die Uhren zurückgestellt werden; genommen wurde das erste Mal.',
  'entry.note_second':
    '{typed} gibt es an diesem Tag zweimal, weil die Uhren zurückgestellt werden; genommen wurde das zweite Mal.',
};
