import type { merging as en } from '../en/merging.ts';

export const merging: Record<keyof typeof en, string> = {
  'merging.title': '{name} zusammenführen',
  'merging.lead': 'Zwei, die dasselbe meinen, werden eines. Was gebucht ist, behält Sätze und Beträge.',
  'merging.into': 'Mit',
  'merging.look': 'Zeigen, was geschieht',
  'merging.question': '{from} mit {into} zusammenführen?',
  'merging.entries':
    '{entries, plural, =0 {Keine Einträge ziehen um.} one {# Eintrag zieht um.} other {# Einträge ziehen um.}}',
  'merging.projects':
    '{projects, plural, =0 {Keine Projekte ziehen um} one {# Projekt zieht um} other {# Projekte ziehen um}}; {merged, plural, =0 {keines davon hat dort ein gleichnamiges} one {# davon hat dort ein gleichnamiges und wird mit ihm zusammengeführt} other {# davon haben dort ein gleichnamiges und werden mit ihm zusammengeführt}}.',
  'merging.tasks':
    '{tasks, plural, =0 {Keine Aufgaben ziehen um} one {# Aufgabe zieht um} other {# Aufgaben ziehen um}}; {merged, plural, =0 {keine davon hat dort eine gleichnamige} one {# davon hat dort eine gleichnamige und wird mit ihr zusammengeführt} other {# davon haben dort eine gleichnamige und werden mit ihr zusammengeführt}}.',
  'merging.people': 'Mitglieder, Leitung und Favoriten von beiden kommen zusammen.',
  'merging.rates':
    '{rates, plural, =0 {Keine Sätze entfallen.} one {# Satz entfällt: Für neue Zeit gelten die von {name}.} other {# Sätze entfallen: Für neue Zeit gelten die von {name}.}}',
  'merging.losing_tasks':
    '{tasks, plural, one {# Aufgabe hat} other {# Aufgaben haben}} eine andere Beschreibung, Schätzung oder Fälligkeit als die gleichnamige: Was diese hat, bleibt, das andere entfällt.',
  'merging.losing_projects':
    'Von zwei Projekten eines Namens gelten Kürzel, Termine und Budget dessen, das bleibt; auch die Beschreibung, wenn es eine hat.',
  'merging.lost_description': 'Die Beschreibung von {from} entfällt: {into} hat eine eigene.',
  'merging.lost_code': 'Das Kürzel von {from} entfällt.',
  'merging.lost_dates': 'Termine von {from} entfallen: Die von {into} bleiben, wie sie sind.',
  'merging.lost_budget': 'Das Budget von {from} entfällt: Das von {into} bleibt, wie es ist.',
  'merging.lost_estimate': 'Die Schätzung von {from} entfällt: {into} hat eine eigene.',
  'merging.comments':
    '{comments, plural, =0 {Keine Kommentare ziehen um.} one {# Kommentar zieht um.} other {# Kommentare ziehen um.}}',
  'merging.gone': '{name} gibt es danach nicht mehr. Das lässt sich nicht rückgängig machen.',
  'merging.merge': 'Zusammenführen',
  'merging.same': 'Das ist dasselbe. Bitte wählen Sie ein anderes.',
  'merging.currencies':
    'Sie werden in verschiedenen Währungen abgerechnet, und Beträge werden nie umgerechnet. Geben Sie erst beiden dieselbe Währung.',
  'merging.other_project':
    'Diese Aufgabe gehört zu einem anderen Projekt. Führen Sie erst die Projekte zusammen.',
  'merging.moved': 'Nichts wurde zusammengeführt: Es ist nicht mehr, wie es gezeigt wurde. So ist es jetzt.',
  'merging.done':
    '{from} wurde mit {into} zusammengeführt: {entries, plural, =0 {keine Einträge sind} one {# Eintrag ist} other {# Einträge sind}} umgezogen.',
};
