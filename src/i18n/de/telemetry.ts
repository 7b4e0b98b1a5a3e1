import type { telemetry as en } from '../en/telemetry.ts';

export const telemetry: Record<keyof typeof en, string> = {
  'telemetry.title': 'Was diesen Server verlässt',
  'telemetry.lead':
    'Jedes Byte, das dieser Server von sich aus sendet, geht durch ein einziges Tor und bleibt in einem Hauptbuch stehen. Hier entscheiden Sie, was hindurch darf, und sehen, was hindurchgegangen ist.',
  'telemetry.now_nothing': 'Im Augenblick verlässt nichts diesen Server.',
  'telemetry.now_leaves': 'Im Augenblick verlässt diesen Server: {channels}.',
  'telemetry.now_waits':
    'Auf Ihre Entscheidung {count, plural, one {wartet # Sendung} other {warten # Sendungen}}.',
  'telemetry.to_host': '{channel} an {host}',
  'telemetry.tabs': 'Teile dieser Seite',
  'telemetry.tab_channels': 'Kanäle',
  'telemetry.tab_ledger': 'Hauptbuch',
  'telemetry.tab_events': 'Wörterbuch',
  'telemetry.export': 'Alles davon als JSON',

  'telemetry.channel.errors': 'Fehlerberichte',
  'telemetry.channel.analytics': 'Nutzungsereignisse',
  'telemetry.channel.installation': 'Installationsmeldungen',
  'telemetry.channel.mail': 'E-Mail',
  'telemetry.channel.webhooks': 'Webhooks',
  'telemetry.channel.sign_in': 'Anmeldedienste',
  'telemetry.purpose.errors':
    'Geht in diesem Server etwas kaputt, sagt ein Bericht, was für ein Fehler es war und an welcher Stelle des Programms er auftrat, damit ihn jemand bemerkt und beheben kann. Hat, wer diesen Server betreibt, Messungen eingeschaltet, sagen manche Anfragen auch, was für eine Seite es war und wie lange sie brauchte.',
  'telemetry.purpose.analytics':
    'Zeigt, welche Funktionen genutzt werden und wie oft: Ein Timer wurde gestartet, ein Bericht geöffnet, eine Datei exportiert. Das hilft zu entscheiden, was besser werden soll.',
  'telemetry.purpose.installation':
    'Sagt, dass es diese Installation gibt, welche Version sie hat, und einmal am Tag, dass sie läuft. So ist bekannt, welche Versionen in Gebrauch sind.',
  'telemetry.never':
    'Nie darin: Namen, E-Mail-Adressen, was Menschen schreiben, Namen von Projekten, Kunden und Schlagwörtern, Netzwerkadressen, Cookies, Passwörter. Menschen und Projekte erscheinen als Pseudonyme, die ohne den geheimen Schlüssel in Ihrer Datenbank nichts sagen.',
  'telemetry.never_installation':
    'Nie darin: irgendetwas über Menschen oder ihre Arbeit, der Name dieser Maschine, ihre Adresse. Der Fingerabdruck ist ein Pseudonym: ein Hash aus dem Namen der Maschine und einem geheimen Salz, das hier bleibt.',

  'telemetry.mode.off': 'Aus',
  'telemetry.mode.review': 'Erst fragen',
  'telemetry.mode.auto': 'An',
  'telemetry.state.off': 'Aus',
  'telemetry.state.review': 'Wird zurückgehalten',
  'telemetry.state.auto': 'An',
  'telemetry.switch': '{channel}: was hinausgehen darf',
  'telemetry.switch_hint':
    'Wirkt sofort, ohne Neustart. „Aus“ verwirft auch alles, was wartet, und bricht ab, was gerade unterwegs ist. „Erst fragen“ hält jede Sendung zurück, bis Sie sie freigeben oder verwerfen: höchstens sieben Tage lang, und so viele, wie OUTBOX_MAX_ROWS zulässt. Danach werden die ältesten ungesendet verworfen.',
  'telemetry.switched.off': '{channel}: aus. Was wartete, wurde verworfen.',
  'telemetry.switched.review': '{channel}: Alles wird zurückgehalten, bis Sie es freigeben.',
  'telemetry.switched.auto': '{channel}: an.',

  'telemetry.not_switched': 'Nichts wurde geändert oder festgehalten. {reason}',

  'telemetry.reason.not_set_up': 'Bevor dieser Server fertig eingerichtet ist, verlässt ihn nichts.',
  'telemetry.reason.do_not_track':
    'DO_NOT_TRACK=1 in der Umgebung verbietet jeden Kanal, was immer hier gewählt ist.',
  'telemetry.reason.enable_telemetry_false':
    'ENABLE_TELEMETRY=false in der Umgebung verbietet es, was immer hier gewählt ist.',
  'telemetry.reason.not_configured': 'Es gibt kein Ziel, also kann nichts gesendet werden.',
  'telemetry.reason.host_missing':
    'POSTHOG_API_KEY ist gesetzt, POSTHOG_HOST aber nicht. Eine Vorgabe gibt es nicht: Wählen Sie die Adresse, an die die Ereignisse gehen dürfen.',
  'telemetry.reason.switched_off': 'Ein Administrator hat sich dagegen entschieden.',
  'telemetry.reason.not_chosen': 'Kein Administrator hat zugestimmt.',
  'telemetry.reason.on_by_environment':
    'ENABLE_TELEMETRY=true in der Umgebung stimmt zu. Abschalten können Sie es hier trotzdem.',
  'telemetry.reason.on_by_configuration': 'Ein Ziel ist eingestellt, und niemand hat es abgeschaltet.',
  'telemetry.reason.on_by_choice': 'Ein Administrator hat zugestimmt.',
  'telemetry.reason.review_by_choice':
    'Ein Administrator will alles vorher sehen. Nichts geht hinaus, das nicht freigegeben ist.',
  'telemetry.reason.not_covered':
    'Felder, die jede Sendung hat, gehören nicht zu denen, denen zugestimmt wurde. Bitte sehen Sie die Liste der Felder an und stimmen Sie ihr zu.',
  'telemetry.reason.person_opted_out':
    'Sie haben gesagt, dass keine Nutzungsereignisse über Sie hinausgehen dürfen.',
  'telemetry.reason.browser_signal':
    'Ihr Browser bittet darum, nicht verfolgt zu werden, und das wird beachtet.',

  'telemetry.configure.errors':
    'Um es möglich zu machen, setzen Sie SENTRY_DSN auf die Adresse eines eigenen Projekts (Sentry, GlitchTip oder Bugsink) und starten neu.',
  'telemetry.configure.analytics':
    'Um es möglich zu machen, setzen Sie POSTHOG_API_KEY und POSTHOG_HOST auf ein eigenes PostHog-Projekt und starten neu.',
  'telemetry.configure.installation':
    'Um es möglich zu machen, setzen Sie TELE_URL auf die Adresse, die es empfangen soll (oder POSTHOG_API_KEY und POSTHOG_HOST), und starten neu.',

  'telemetry.destination': 'Geht an',
  'telemetry.no_destination': 'niemanden',
  'telemetry.configured_by': 'eingestellt mit {option}',
  'telemetry.purpose': 'Wozu',
  'telemetry.last_sent': 'Letzter Versuch',
  'telemetry.never_sent': 'nie',
  'telemetry.last_problem': 'Letztes Problem',
  'telemetry.no_problem': 'keines',
  'telemetry.next_attempt': 'Nächster Versuch',
  'telemetry.open': 'Felder, nächste Bytes, Verlauf',
  'telemetry.open_named': 'Felder, nächste Bytes, Verlauf: {channel}',

  'telemetry.count.requests': 'Versuche',
  'telemetry.count.bytes': 'Bytes ihrer Inhalte',
  'telemetry.count.waiting': 'Wartet',
  'telemetry.count.held': 'Für Sie zurückgehalten',
  'telemetry.count.failed': 'Nicht angenommen',
  'telemetry.count.dropped': 'Ungesendet verworfen',
  'telemetry.count.since_ledger': 'laut Hauptbuch',
  'telemetry.count.since_start': 'seit dem letzten Start',
  'telemetry.blocked':
    '{count, plural, =0 {Seit dem letzten Start wurde keine Verbindung außerhalb dieser Kanäle versucht.} one {Seit dem letzten Start wurde # Verbindung außerhalb dieser Kanäle unterbunden. Das Log sagt, welche.} other {Seit dem letzten Start wurden # Verbindungen außerhalb dieser Kanäle unterbunden. Das Log sagt, welche.}}',

  'telemetry.test': 'Probe senden',
  'telemetry.test_named': 'Probe senden: {channel}',
  'telemetry.test_hint':
    '„Probe senden“ sendet sofort eine echte Anfrage, auch bei „Erst fragen“: aus den Feldern, denen zugestimmt wurde, auf demselben Weg wie alles andere, und wie alles andere im Hauptbuch.',
  'telemetry.test_done': 'Die Probe ist angekommen: {host} hat mit {status} geantwortet.',
  'telemetry.test_failed': 'Die Probe ist nicht angekommen. {problem}',
  'telemetry.test_refused': 'Es wurde keine Probe gesendet. {reason}',

  'telemetry.problem.refused':
    'Das Ziel hat die Verbindung abgewiesen. Stimmt die Adresse, und läuft der Dienst dort?',
  'telemetry.problem.timeout': 'Das Ziel hat nicht rechtzeitig geantwortet. Später wird es wieder versucht.',
  'telemetry.problem.aborted':
    'Die Anfrage wurde abgebrochen, weil der Kanal abgeschaltet wurde oder der Server anhielt.',
  'telemetry.problem.tls':
    'Das Zertifikat des Ziels wurde nicht anerkannt. Es muss für diesen Namen gültig sein.',
  'telemetry.problem.unresolved': 'Der Name des Ziels wurde nicht gefunden. Ist er richtig geschrieben?',
  'telemetry.problem.reset': 'Die Verbindung ist abgerissen. Später wird es wieder versucht.',
  'telemetry.problem.insecure_address':
    'Die Adresse beginnt mit http, was nur zu dieser Maschine erlaubt ist. Bitte verwenden Sie https.',
  'telemetry.problem.unreachable': 'Von hier führt kein Weg zum Ziel. Darf dieser Server dorthin?',
  'telemetry.problem.bad_answer': 'Was geantwortet hat, spricht kein richtiges HTTP. Stimmt der Port?',
  'telemetry.problem.sign_in_refused':
    'Der Mailserver hat Benutzer oder Passwort abgelehnt. Bitte prüfen Sie SMTP_URL.',
  'telemetry.problem.blocked':
    'Die eigene Wache dieses Servers hat die Verbindung unterbunden. Das ist ein Fehler im Programm: Bitte melden Sie ihn.',
  'telemetry.problem.failed':
    'Die Anfrage ist aus einem Grund ohne Namen gescheitert. Später wird es wieder versucht.',
  'telemetry.problem.sink':
    'Dieser Server konnte die Anfrage nicht vorbereiten oder nicht ins Hauptbuch schreiben, also wurde nichts gesendet. Warum, steht im Log. Später wird es wieder versucht.',
  'telemetry.problem.key':
    'Das Ziel hat den Schlüssel abgelehnt ({status}). Bitte prüfen Sie den Schlüssel in der Umgebung.',
  'telemetry.problem.address':
    'Das Ziel kennt diese Adresse nicht ({status}). Bitte prüfen Sie die Adresse in der Umgebung.',
  'telemetry.problem.rejected': 'Das Ziel hat den Inhalt abgelehnt ({status}). Er wurde verworfen.',
  'telemetry.problem.redirect':
    'Das Ziel verweist weiter ({status}). Weiterleitungen wird nicht gefolgt: Bitte stellen Sie die endgültige Adresse ein.',
  'telemetry.problem.busy': 'Das Ziel bittet zu warten ({status}). Später wird es wieder versucht.',
  'telemetry.problem.server': 'Das Ziel hat selbst ein Problem ({status}). Später wird es wieder versucht.',

  'telemetry.next': 'Was als Nächstes gesendet würde',
  'telemetry.next_real': 'Genau diese Bytes warten darauf, an {host} zu gehen.',
  'telemetry.next_sample':
    'Nichts wartet. Dies ist ein Muster, das eben dieser Server gemacht hat; es ginge an {host}.',
  'telemetry.next_none':
    'Nichts wartet, und nichts kann hinausgehen: Es gibt kein Ziel, oder einem Feld, das jede Sendung hat, wurde nicht zugestimmt.',
  'telemetry.pretty': 'Gut lesbar',
  'telemetry.raw': 'Genaue Bytes ({count, plural, one {# Byte} other {# Bytes}})',

  'telemetry.waiting': 'Wartet',
  'telemetry.waiting_none': 'Nichts wartet.',
  'telemetry.waiting_hint': 'Dies wird gesendet, sobald das Ziel es annimmt.',
  'telemetry.held_hint':
    'Nichts davon geht hinaus, bevor Sie es freigeben. Was nach sieben Tagen niemand freigegeben hat, wird verworfen.',
  'telemetry.payload': 'Sendung',
  'telemetry.attempts':
    '{count, plural, =0 {noch nicht versucht} one {einmal versucht} other {#-mal versucht}}',
  'telemetry.release': 'Freigeben',
  'telemetry.release_all': 'Alle freigeben',
  'telemetry.discard': 'Verwerfen',
  'telemetry.discard_all': 'Alle verwerfen',
  'telemetry.release_named': '{purpose} von {instant} freigeben',
  'telemetry.discard_named': '{purpose} von {instant} verwerfen',
  'telemetry.released': '{count, plural, one {# Sendung freigegeben.} other {# Sendungen freigegeben.}}',
  'telemetry.discarded': '{count, plural, one {# Sendung verworfen.} other {# Sendungen verworfen.}}',

  'telemetry.sent': 'Zuletzt gesendet',
  'telemetry.sent_none': 'Auf diesem Kanal wurde nichts gesendet.',
  'telemetry.sent_all': 'Alle davon im Hauptbuch',

  'telemetry.fields': 'Was es enthalten kann',
  'telemetry.fields_hint':
    'Diese Felder, und keine anderen. Ein Feld, das noch nicht auf der Liste stand, als ein Administrator zustimmte, bleibt weg, bis wieder jemand zustimmt.',
  'telemetry.fields_count': '{count, plural, one {# Feld} other {# Felder}}',
  'telemetry.field': 'Feld',
  'telemetry.meaning': 'Was es sagt',
  'telemetry.field_new': 'neu, wird nicht gesendet',
  'telemetry.new_fields':
    '{count, plural, one {# Feld ist} other {# Felder sind}} hinzugekommen, seit der Liste zugestimmt wurde. Nichts vom Neuen wird gesendet.',
  'telemetry.agree': 'Den neuen Feldern zustimmen',
  'telemetry.agreed': 'Die neuen Felder von „{channel}“ dürfen von jetzt an gesendet werden.',

  'telemetry.list_changed':
    'Die Liste der Felder hat sich geändert, seit die Seite geöffnet wurde. Bitte sehen Sie sie noch einmal an.',

  'telemetry.history': 'Entscheidungen',
  'telemetry.history_none':
    'Hier hat noch niemand etwas entschieden. Es gilt, was in der Umgebung eingestellt ist.',
  'telemetry.decided_at': 'Wann',
  'telemetry.decided_by': 'Wer',
  'telemetry.decided_how': 'Wie',
  'telemetry.decided_mode': 'Entscheidung',
  'telemetry.decided_version': 'Wörterbuch',
  'telemetry.decided_covered': 'Umfasst',
  'telemetry.version': 'Version {version}',
  'telemetry.by_command': 'ein Befehl auf dem Server',
  'telemetry.by_environment': 'niemand: die Umgebung',
  'telemetry.by_former': 'jemand, der nicht mehr da ist',
  'telemetry.source.setup': 'bei der Einrichtung',
  'telemetry.source.panel': 'auf dieser Seite',
  'telemetry.source.environment': 'durch Konfiguration, zum ersten Mal',
  'telemetry.source.command': 'per Befehl',
  'telemetry.added': '{count, plural, one {# neu} other {# neu}}',

  'telemetry.off_later':
    'Sie können das jederzeit unter „Verwaltung“ → „Was hinausgeht“ ändern. „Aus“ wirkt sofort und verwirft, was noch wartet.',
};
