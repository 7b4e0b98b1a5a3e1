import type { ledger as en } from '../en/ledger.ts';

export const ledger: Record<keyof typeof en, string> = {
  'ledger.title': 'Hauptbuch',
  'ledger.lead':
    'Jede Anfrage an einen anderen Server, mit ihren genauen Bytes, auch eine, die niemanden erreichte; in Mails ist das Geheimnis eines Links verdeckt. Jeder Eintrag trägt den Hash des vorigen, sodass eine nachträgliche Änderung auffällt.',
  'ledger.channel': 'Kanal',
  'ledger.all': 'Alle',
  'ledger.outcome': 'Ausgang',
  'ledger.host': 'Ziel',
  'ledger.from': 'Von',
  'ledger.to': 'Bis',
  'ledger.range': 'Der letzte Tag darf nicht vor dem ersten liegen.',
  'ledger.outcome.delivered': 'Angenommen',
  'ledger.outcome.failed': 'Nicht angenommen',
  'ledger.outcome.unanswered': 'Keine Antwort verzeichnet',
  'ledger.none': 'Nichts hat diesen Server verlassen',
  'ledger.none_text': 'Sobald etwas hinausgeht, steht es hier, noch bevor sein erstes Byte unterwegs ist.',
  'ledger.none_found': 'Kein Eintrag passt',
  'ledger.none_found_text': 'Wählen Sie einen längeren Zeitraum oder einen anderen Kanal.',
  'ledger.record': 'Eintrag {id}',
  'ledger.purpose': 'Zweck',
  'ledger.time': 'Zeit',
  'ledger.size': 'Größe',
  'ledger.bytes': '{count, plural, one {# Byte} other {# Bytes}}',
  'ledger.answer': 'Antwort',
  'ledger.answered': '{status} nach {ms, number} ms',
  'ledger.consent': 'Zugrunde liegende Entscheidung',
  'ledger.consent_none': 'Konfiguration',
  'ledger.hash': 'Hash',
  'ledger.previous': 'Voriger Hash',
  'ledger.body_hash': 'SHA-256 der Bytes',
  'ledger.head': 'Anfragezeile und Kopfzeilen (Schlüssel sind verdeckt)',
  'ledger.body': 'Genaue Bytes',
  'ledger.body_base64': 'Genaue Bytes (Base64, sie sind kein Text)',
  'ledger.mail_hidden':
    'Das Geheimnis eines Links steht hier als Sternchen. Alles andere ist, wie es hinausging; der Hash gehört zu dem, was hier steht.',
  'ledger.body_empty': 'Die Anfrage hatte keinen Inhalt.',
  'ledger.check': 'Kette prüfen',
  'ledger.check_title': 'Prüfung der Kette',
  'ledger.check_fine':
    '{count, plural, =0 {Das Hauptbuch ist leer: Es gibt nichts zu prüfen.} one {# Eintrag, und er ist so, wie er geschrieben wurde.} other {# Einträge, und alle sind so, wie sie geschrieben wurden.}}',
  'ledger.check_last':
    'Nummer und Hash des neuesten Eintrags. Bewahren Sie beides anderswo auf, wenn Sie später zeigen wollen, dass davor nichts geändert wurde:',
  'ledger.check_after':
    'Alles davor stimmt. Was danach kommt, ist durch seine Hashes allein nicht mehr belegt.',
  'ledger.check_command': 'Dasselbe auf dem Server:',
  'ledger.problem.hash':
    'Eintrag {id} ist nicht so, wie er geschrieben wurde: Sein Hash passt nicht zu seinem Inhalt.',
  'ledger.problem.previous_hash':
    'Eintrag {id} ist nicht so, wie er geschrieben wurde: Er folgt nicht auf den Eintrag davor.',
  'ledger.problem.body':
    'Eintrag {id} ist nicht so, wie er geschrieben wurde: Seine Bytes sind nicht die gesendeten.',
  'ledger.problem.people':
    'Eintrag {id} ist nicht so, wie er geschrieben wurde: Er betrifft nicht mehr die Personen, die er betraf.',
  'ledger.problem.missing': 'Eintrag {id} fehlt.',
  'ledger.problem.end':
    'Die Kette endet nicht dort, wo dieser Server zuletzt schrieb: Eintrag {id} wurde entfernt, geändert oder hinzugefügt.',
  'ledger.problem.removal':
    'Eintrag {id} und was davor stand, wurde entfernt, aber nicht seines Alters wegen.',
  'ledger.download': 'Diese Einträge herunterladen',
  'ledger.back': 'Zurück zum Hauptbuch',
  'ledger.kept': 'Einträge werden {days, plural, one {# Tag} other {# Tage}} aufbewahrt (LEDGER_KEEP_DAYS).',
};
