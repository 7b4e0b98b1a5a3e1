import type { clients as en } from '../en/clients.ts';

export const clients: Record<keyof typeof en, string> = {
  'clients.lead': 'Für wen Sie arbeiten.',
  'clients.new': 'Neuer Kunde',
  'clients.edit': 'Kunden bearbeiten',
  'clients.edit_named': '{name} bearbeiten',
  'clients.name': 'Name',
  'clients.project_count': '{projects, plural, =0 {Keine Projekte} one {# Projekt} other {# Projekte}}',
  'clients.no_projects': 'Noch keine Projekte für diesen Kunden',
  'clients.none': 'Noch keine Kunden',
  'clients.none_text': 'Kunden fassen Projekte zusammen, und Berichte gibt es auch für einen Kunden.',
  'clients.none_archived': 'Keine archivierten Kunden',
  'clients.changed_elsewhere':
    'Jemand hat diesen Kunden geändert, seit Sie ihn geöffnet haben. Speichern Sie noch einmal, um ihn durch das hier zu ersetzen, oder öffnen Sie ihn neu.',
  'clients.taken': 'Es gibt schon einen Kunden mit diesem Namen.',
  'clients.end_title': 'Wenn es vorbei ist',
  'clients.archive_text':
    'Die Projekte eines archivierten Kunden werden nicht für neue Zeit angeboten. Gebuchte Zeit bleibt in den Berichten, und der Kunde kann wiederhergestellt werden.',
  'clients.archived_text':
    'Dieser Kunde ist archiviert: Seine Projekte werden nicht für neue Zeit angeboten. Gebuchte Zeit bleibt in den Berichten.',
  'clients.delete_impossible':
    'Löschen geht nicht, weil der Kunde {projects, plural, one {# Projekt} other {# Projekte}} hat. Archivieren Sie ihn stattdessen.',
  'clients.has_projects':
    'Dieser Kunde hat Projekte, deshalb wurde er nicht gelöscht. Archivieren Sie ihn stattdessen.',
  'clients.delete_question': 'Diesen Kunden löschen …',
  'clients.delete_text': 'Er hat keine Projekte. Löschen lässt sich nicht rückgängig machen.',
  'clients.delete': 'Kunden löschen',
  'clients.created': 'Der Kunde wurde angelegt.',
  'clients.saved': 'Der Kunde wurde gespeichert.',
  'clients.archived': 'Der Kunde wurde archiviert.',
  'clients.restored': 'Der Kunde wurde wiederhergestellt.',
  'clients.deleted': 'Der Kunde wurde gelöscht.',
  'clients.code': 'Kürzel',
  'clients.code_hint': 'Ein kurzer eigener Name, wie ACME.',
  'clients.code_taken': 'Der Kunde {name} hat schon das Kürzel {code}.',
  'clients.description': 'Beschreibung',
  'clients.color': 'Farbe',
  'clients.no_color': 'Keine Farbe',
  'clients.currency': 'Währung',
  'clients.currency_own': 'Die dieses Servers, {currency}',
  'clients.currency_hint':
    'In ihr wird Zeit abgerechnet. Beträge werden nie umgerechnet: Sätze in einer anderen Währung zählen nicht, und gebuchte Zeit behält ihre.',
  'clients.runs':
    '{running, plural, one {Eine Uhr läuft} other {# Uhren laufen}} auf Projekten dieses Kunden, deshalb wurde er nicht archiviert. Halten Sie sie erst an, oder archivieren Sie trotzdem: Was läuft, läuft weiter und behält sein Projekt.',
  'clients.merge': 'Mit einem anderen Kunden zusammenführen …',
  'clients.recent': 'Letzte Zeiten',
  'clients.projects': 'Projekte',
};
