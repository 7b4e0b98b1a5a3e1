import type { tags as en } from '../en/tags.ts';

export const tags: Record<keyof typeof en, string> = {
  'tags.lead':
    'Tippen Sie in der Timerleiste # und einen Namen; neue Schlagwörter entstehen dabei von selbst.',
  'tags.new': 'Neues Schlagwort',
  'tags.edit': 'Schlagwort bearbeiten',
  'tags.edit_named': '{name} bearbeiten',
  'tags.name': 'Name',
  'tags.rename_hint': 'Einträge mit diesem Schlagwort zeigen den neuen Namen.',
  'tags.entry_count': '{entries, plural, =0 {Nicht benutzt} one {# Eintrag} other {# Einträge}}',
  'tags.none': 'Noch keine Schlagwörter',
  'tags.none_text': 'Schlagwörter kennzeichnen Zeit über Projekte hinweg: #besprechung, #reise, #support.',
  'tags.none_archived': 'Keine archivierten Schlagwörter',
  'tags.taken': 'Es gibt schon ein Schlagwort mit diesem Namen.',
  'tags.end_title': 'Wenn es nicht mehr gebraucht wird',
  'tags.archive_text':
    'Ein archiviertes Schlagwort wird nicht mehr vorgeschlagen. Einträge behalten es, und es kann wiederhergestellt werden.',
  'tags.delete_impossible': 'Löschen geht nicht, weil Einträge es tragen. Archivieren Sie es stattdessen.',
  'tags.has_entries':
    'Einträge tragen dieses Schlagwort, deshalb wurde es nicht gelöscht. Archivieren Sie es stattdessen.',
  'tags.delete_question': 'Dieses Schlagwort löschen …',
  'tags.delete_text': 'Kein Eintrag trägt es. Löschen lässt sich nicht rückgängig machen.',
  'tags.delete': 'Schlagwort löschen',
  'tags.created': 'Das Schlagwort wurde angelegt.',
  'tags.saved': 'Das Schlagwort wurde gespeichert.',
  'tags.archived': 'Das Schlagwort wurde archiviert.',
  'tags.restored': 'Das Schlagwort wurde wiederhergestellt.',
  'tags.deleted': 'Das Schlagwort wurde gelöscht.',
};
