import type { bulk as en } from '../en/bulk.ts';

export const bulk: Record<keyof typeof en, string> = {
  'bulk.select': 'Einträge auswählen',
  'bulk.select_end': 'Auswahl beenden',
  'bulk.select_day': 'Alle vom {day} auswählen',
  'bulk.select_page': 'Alle dieser Seite auswählen',
  'bulk.bar': 'Ausgewählte Einträge',
  'bulk.hint':
    'Umschalt und ein Klick, oder Umschalt und eine Pfeiltaste, wählen alles dazwischen aus. Escape wählt nichts aus.',
  'bulk.count': '{count} ausgewählt, {time}',
  'bulk.go': 'Ändern oder löschen',
  'bulk.clear': 'Nichts auswählen',
  'bulk.title': '{count, plural, =0 {Einträge ändern} one {# Eintrag ändern} other {# Einträge ändern}}',
  'bulk.lead':
    'Was Sie lassen, wie es ist, bleibt in jedem Eintrag, was es ist. Sie können es danach rückgängig machen.',
  'bulk.stays': 'Wie es ist',
  'bulk.text_hint':
    'Ersetzt die Beschreibung. @Projekt wählt das Projekt, #Schlagwort fügt ein Schlagwort hinzu.',
  'bulk.clear_description': 'Beschreibungen entfernen',
  'bulk.billable_hint': 'Bleibt es, wie es ist, bringt ein neues Projekt seine eigene Vorgabe mit.',
  'bulk.remove_tags': 'Schlagwörter entfernen',
  'bulk.change': '{count, plural, one {# Eintrag ändern} other {# Einträge ändern}}',
  'bulk.change_rest': '{count, plural, one {Den anderen ändern} other {Die anderen # ändern}}',
  'bulk.delete': '{count, plural, one {# Eintrag löschen} other {# Einträge löschen}}',
  'bulk.delete_rest': '{count, plural, one {Den anderen löschen} other {Die anderen # löschen}}',
  'bulk.back': 'Zurück',
  'bulk.none_selected': 'Es ist nichts ausgewählt. Haken Sie die Einträge an, die Sie ändern möchten.',
  'bulk.too_many':
    'Es lassen sich höchstens {maximum, number} Einträge auf einmal ändern; ausgewählt sind {selected, number}. Gehen Sie in Teilen vor.',
  'bulk.nothing_asked':
    'Sagen Sie, was sich ändern soll: ein Text, ein Projekt, eine Aufgabe, ein Schlagwort, oder ob abgerechnet wird.',
  'bulk.none_and_named':
    'Ein Projekt ist genannt oder ergibt sich aus der Aufgabe, und „Kein Projekt“ ist gewählt. Behalten Sie eines von beiden.',
  'bulk.text_and_none': 'Es gibt auch eine neue Beschreibung. Behalten Sie eines von beiden.',
  'bulk.changed_meanwhile':
    'Einige dieser Einträge wurden inzwischen geändert. Sie sind jetzt so gezeigt, wie sie sind; wiederholen Sie es, wenn Sie es noch möchten.',
  'bulk.missing':
    '{count, plural, one {Einer der ausgewählten Einträge existiert nicht mehr, oder Sie dürfen ihn nicht ändern.} other {# der ausgewählten Einträge existieren nicht mehr, oder Sie dürfen sie nicht ändern.}}',
  'bulk.some_blocked':
    'Noch wurde nichts getan: {blocked, plural, one {Ein Eintrag kann} other {# Einträge können}} aus den Gründen unten nicht dabei sein. {rest, plural, one {Der andere kann} other {Die anderen # können}} es.',
  'bulk.all_blocked': 'Es wurde nichts getan: Keiner dieser Einträge kann dabei sein, aus den Gründen unten.',
  'bulk.blocked.project_needed':
    'Er gehört jemand anderem und muss auf einem Projekt liegen, das Sie leiten.',
  'bulk.blocked.not_managed': 'Er gehört jemand anderem, und Sie leiten dieses Projekt nicht.',
  'bulk.blocked.running': 'Seine Uhr läuft noch. Halten Sie sie zuerst an oder verwerfen Sie sie.',
  'bulk.unchanged': 'Diese Einträge sind alle schon so.',
  'bulk.changed': '{count, plural, one {# Eintrag} other {# Einträge}} geändert, {time}.',
  'bulk.deleted': '{count, plural, one {# Eintrag} other {# Einträge}} gelöscht, {time}.',
  'bulk.undone':
    '{restored, plural, =0 {Nichts ist} one {# Eintrag ist} other {# Einträge sind}} wieder wie zuvor.{left, plural, =0 {} one { Einer bleibt: Er wurde seitdem geändert, ist schon zurück, oder Sie dürfen ihn nicht mehr ändern.} other { # bleiben: Sie wurden seitdem geändert, sind schon zurück, oder Sie dürfen sie nicht mehr ändern.}}',
};
