import type { setup as en } from '../en/setup.ts';

export const setup: Record<keyof typeof en, string> = {
  'setup.title': 'TimeTracker einrichten',
  'setup.lead':
    'Eine Seite, dann kann die Uhr laufen. Was Sie selbst betrifft, lässt sich später unter „Mein Konto“ ändern.',
  'setup.administrator': 'Ihr Konto',
  'setup.administrator_hint': 'Sie werden Administrator dieses Servers.',
  'setup.code': 'Einrichtungscode',
  'setup.code_hint':
    'Der Server hat ihn beim Start in sein Log geschrieben. Er zeigt, dass dieser Server Ihnen gehört.',
  'setup.code_wrong':
    'Das ist nicht der Einrichtungscode. Er steht im Log, beim letzten Start dieses Servers.',
  'setup.use': 'So werden Sie es nutzen',
  'setup.used_by': 'Wer erfasst hier Zeit?',
  'setup.alone': 'Nur ich',
  'setup.team': 'Ein Team',
  'setup.team_hint': 'Die anderen laden Sie später ein, unter „Verwaltung“ → „Personen“.',
  'setup.currency_hint': 'Für Beträge des ganzen Servers.',
  'setup.leaves': 'Was diesen Server verlässt',
  'setup.leaves_none': 'Nichts, denn es ist kein Ziel eingestellt.',
  'setup.leaves_none_text':
    'Keine Fehlerberichte, keine Nutzungszahlen, keine Suche nach Updates. Die Seiten laden nichts von anderen Servern, und Log und Metriken bleiben hier.',
  'setup.leaves_lead':
    'Diese Ziele sind in der Umgebung dieses Servers eingestellt. Sie entscheiden, was dorthin darf; jedes Byte können Sie sehen, und ändern können Sie es jederzeit.',
  'setup.leaves_send': '{channel} dürfen an {host} gehen',
  'setup.leaves_exactly': 'Was genau, und ein Beispiel',
  'setup.leaves_sample': 'Ein Muster von eben diesem Server',
  'setup.leaves_not_possible': '{channel}: {reason}',
  'setup.finish': 'Fertig, los geht’s',
};
