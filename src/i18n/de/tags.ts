import type { tags as en } from '../en/tags.ts';

export const tags: Record<keyof typeof en, string> = {
  'tags.lead': 'Tippen Sie in der Timerleiste # und einen Namen; neue Tags entstehen dabei von selbst.',
  'tags.new': 'Neues Tag',
  'tags.edit': 'Tag bearbeiten',
  'tags.edit_named': '{name} bearbeiten',
  'tags.name': 'Name',
  'tags.rename_hint': 'Einträge mit diesem Tag zeigen den neuen Namen.',
  'tags.entry_count': '{entries, plural, =0 {Nicht benutzt} one {# Eintrag} other {# Einträge}}',
  'tags.none': 'Noch keine Tags',
  'tags.none_text': 'Tags kennzeichnen Zeit über Projekte hinweg: #besprechung, #reise, #support.',
  'tags.none_archived': 'Keine archivierten Tags',
  'tags.taken': 'Es gibt schon ein Tag mit diesem Namen.',
  'tags.end_title': 'Wenn es nicht mehr gebraucht wird',
  'tags.archive_text':
    'Ein archiviertes Tag wird nicht mehr vorgeschlagen. Einträge behalten es, und es kann wiederhergestellt werden.',
  'tags.delete_impossible': 'Löschen geht nicht, weil Einträge es tragen. Archivieren Sie es stattdessen.',
  'tags.has_entries':
    'Einträge tragen dieses Tag, deshalb wurde es nicht gelöscht. Archivieren Sie es stattdessen.',
  'tags.delete_question': 'Dieses Tag löschen …',
  'tags.delete_text': 'Kein Eintrag trägt es. Löschen lässt sich nicht rückgängig machen.',
  'tags.delete': 'Tag löschen',
  'tags.created': 'Das Tag wurde angelegt.',
  'tags.saved': 'Das Tag wurde gespeichert.',
  'tags.archived': 'Das Tag wurde archiviert.',
  'tags.restored': 'Das Tag wurde wiederhergestellt.',
  'tags.deleted': 'Das Tag wurde gelöscht.',
};
