import type { flags as english } from '../en/flags.ts';

export const flags: Record<keyof typeof english, string> = {
  'admin.features': 'Funktionen',
  'flag.title': 'Funktionen',
  'flag.lead':
    'Teile von TimeTracker für alle ein- oder ausschalten. Das entscheidet dieser Server; außerhalb wird niemand gefragt.',
  'flag.saved':
    '{count, plural, =0 {Es hat sich nichts geändert.} one {Gespeichert: eine Funktion.} other {Gespeichert: # Funktionen.}}',
  'flag.idle_question.label': 'Nach Leerlauf fragen',
  'flag.idle_question.hint':
    'Läuft ein Timer, bemerkt die Seite, dass niemand da war, und bietet an, die Zeit abzuziehen. Das bemerkt der Browser, und nichts verlässt ihn, bevor die Person antwortet.',
  'flag.suggestions.label': 'Beim Tippen vorschlagen',
  'flag.suggestions.hint': 'Der Timer bietet die eigene frühere Arbeit an, nach @ Projekte und nach # Tags.',
  'flag.projects_on_the_way.label': 'Projekte nebenbei anlegen',
  'flag.projects_on_the_way.hint':
    'Administratoren und Manager können im Timer @ und einen neuen Namen tippen und so ein Projekt anlegen. Sonst entstehen Projekte nur auf ihrer eigenen Seite.',
};
