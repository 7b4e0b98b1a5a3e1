import type { common as en } from '../en/common.ts';

export const common: Record<keyof typeof en, string> = {
  'app.name': 'TimeTracker',
  'app.skip_to_content': 'Zum Inhalt springen',
  'nav.main': 'Hauptnavigation',
  'nav.timer': 'Timer',
  'nav.reports': 'Berichte',
  'nav.projects': 'Projekte',
  'nav.clients': 'Kunden',
  'nav.tags': 'Tags',
  'nav.account': 'Mein Konto',
  'nav.privacy': 'Datenschutz',
  'nav.sign_out': 'Abmelden',
  'nav.menu': 'Menü',
  'action.save': 'Speichern',
  'action.cancel': 'Abbrechen',
  'action.delete': 'Löschen',
  'action.edit': 'Bearbeiten',
  'action.undo': 'Rückgängig',
  'action.close': 'Schließen',
  'action.back': 'Zurück',
  'action.apply': 'Anwenden',
};
