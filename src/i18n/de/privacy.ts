import type { privacy as en } from '../en/privacy.ts';

export const privacy: Record<keyof typeof en, string> = {
  'privacy.title': 'Datenschutz',
  'privacy.lead':
    'Was dieser Server über Sie festhält, was über Sie hinausgegangen ist, und was Sie dazu zu sagen haben.',

  'privacy.choice': 'Nutzungsereignisse über Sie',
  'privacy.choice_text':
    'Nutzungsereignisse sagen, welche Funktionen gebraucht werden: dass ein Timer gestartet, ein Bericht geöffnet wurde. Sie selbst erscheinen darin unter einem Pseudonym. Was Sie schreiben, steht nie darin.',
  'privacy.choice_label': 'Dürfen sie diesen Server verlassen?',
  'privacy.choice.in': 'Ja, sie dürfen',
  'privacy.choice.out': 'Nein, nichts über mich',
  'privacy.choice.out_hint': 'Was über Sie noch wartet, wird sofort gelöscht.',
  'privacy.choice.browser': 'Wie mein Browser es sagt',
  'privacy.choice.browser_hint':
    'Nein, wenn Ihr Browser „Global Privacy Control“ oder „Do Not Track“ sendet; sonst ja.',
  'privacy.signal_seen': 'Ihr Browser sendet gerade ein solches Signal.',
  'privacy.signal_not_seen': 'Ihr Browser sendet gerade kein solches Signal.',
  'privacy.saved.in': 'Gespeichert. Nutzungsereignisse über Sie dürfen diesen Server verlassen.',
  'privacy.saved.out': 'Gespeichert. Keine Nutzungsereignisse über Sie verlassen mehr diesen Server.',
  'privacy.saved.browser': 'Gespeichert. Ihr Browser entscheidet.',
  'privacy.effect': 'Das gilt jetzt',
  'privacy.effect_off': 'Von niemandem verlassen Nutzungsereignisse diesen Server.',
  'privacy.effect_person': 'Keine Nutzungsereignisse über Sie verlassen diesen Server.',
  'privacy.effect_review':
    'Nutzungsereignisse über Sie werden zurückgehalten; ein Administrator gibt sie frei oder verwirft sie.',
  'privacy.effect_on': 'Nutzungsereignisse über Sie gehen an {host}.',
  'privacy.effect_else': 'Sollte sich das ändern, gilt, was Sie hier wählen.',

  'privacy.recorded': 'Was hier über Sie festgehalten ist',
  'privacy.recorded_text': 'All das liegt auf diesem Server. Von selbst bekommt es niemand anders.',
  'privacy.kind': 'Was',
  'privacy.count': 'Wie viel',
  'privacy.why': 'Wozu, und wie lange',
  'privacy.account': 'Ihr Konto',
  'privacy.account_text':
    'Name, E-Mail-Adresse, Sprache, Zeitzone und wie Sie die Dinge gern sehen. So lange wie das Konto.',
  'privacy.account_since': 'seit {date}',
  'privacy.entries': 'Ihre Zeit',
  'privacy.entries_text':
    'Beginn, Ende, Text, Projekt und Schlagwörter jedes Eintrags. Auf der Timer-Seite sehen und ändern Sie sie. Auch Administratoren können sie sehen.',
  'privacy.entries_range': '{first} bis {last}',
  'privacy.sessions': 'Wo Sie angemeldet sind',
  'privacy.sessions_text':
    'Art von Browser und System und die letzte Nutzung. Keine Netzwerkadresse. Endet nach höchstens {days, plural, one {# Tag} other {# Tagen}}.',
  'privacy.comments': 'Kommentare',
  'privacy.comments_text': 'Was Sie an Aufgaben geschrieben haben. Wer die Aufgabe sieht, sieht auch sie.',
  'privacy.notices': 'Mitteilungen an Sie',
  'privacy.notices_text':
    'Was dieser Server Ihnen auf seinen Seiten gesagt hat, etwa dass ein Budget aufgebraucht ist.',
  'privacy.own.project_members': 'Projekte, in denen Sie sind',
  'privacy.own.favourites': 'Favoriten',
  'privacy.own.tasks': 'Ihnen zugewiesene Aufgaben',
  'privacy.own.account_links': 'Links zu Ihrem Konto',
  'privacy.own.mails': 'E-Mails an Sie',
  'privacy.own.consents': 'Entscheidungen, was hinausgeht',
  'privacy.own_text.consents':
    'Was Sie als Administrator über die Kanäle entschieden haben. Administratoren können es sehen.',
  'privacy.own_text.project_members':
    'Bei welchen Projekten Sie Mitglied sind oder leiten, und Stunden- oder Kostensätze für Sie. Administratoren können sie sehen; Leitende die Preise in ihren Projekten.',
  'privacy.own_text.favourites':
    'Projekte, die Sie markiert haben, um sie schneller zu finden. Nur Sie sehen das.',
  'privacy.own_text.tasks': 'Wer die Aufgabe sieht, sieht auch, wem sie zugewiesen ist.',
  'privacy.own_text.account_links':
    'Einladungen und Links für ein neues Passwort: wann sie entstanden, enden und benutzt wurden. Nie der Link selbst, nur sein Hash.',
  'privacy.own_text.mails':
    'Welcher Link oder welche Mitteilung Ihnen wann gemailt wurde und ob der Mailserver es annahm, nicht der Inhalt. 30 Tage nach dem Ende gelöscht.',
  'privacy.audit': 'Änderungsprotokoll',
  'privacy.audit_text':
    'Was Sie als Administrator oder an der Zeit anderer geändert haben, und was andere an Ihrer. Nur Zahlen und Auswahlen; Administratoren können es lesen.',
  'privacy.deleted': 'Gelöscht, noch zurückzuholen',
  'privacy.deleted_text':
    'Was Sie eben gelöscht haben, damit „Rückgängig“ möglich ist. Wird nach einer Weile endgültig entfernt.',
  'privacy.waiting': 'Wartet aufs Senden',
  'privacy.waiting_text': 'Sendungen über Sie, die noch nicht hinausgegangen sind.',
  'privacy.left': 'Über Sie hinausgegangen',
  'privacy.at_least': 'mindestens {count, number}',
  'privacy.left_count_text':
    '{counted, select, newest {Nur aus den neuesten {newest, number}: Es gibt mehr. } other {}}{tried, plural, =0 {} one {Und # Versuch, der niemanden erreichte. } other {Und # Versuche, die niemanden erreichten. }}Anfragen, in denen etwas über Sie stand; unten aufgelistet. {days, plural, one {# Tag} other {# Tage}} lang aufbewahrt.',
  'privacy.log': 'Log des Servers',
  'privacy.log_text':
    'Welche Seite wann aufgerufen wurde und wie lange das dauerte, mit Ihrer Nummer ({id}), nie mit Ihrem Namen. Logdateien bleiben höchstens {days, plural, one {# Tag} other {# Tage}}.',
  'privacy.log_count': 'nicht gezählt',
  'privacy.not_recorded':
    'Nicht festgehalten: Ihre Netzwerkadresse, was Sie tippen, bevor Sie es speichern, Tastenanschläge, Bilder Ihres Bildschirms, und dass Sie weg waren, außer Sie beantworten die Frage nach einer Pause damit, sie abzuziehen: Ihre Antwort ist ein Ereignis im Protokoll.',

  'privacy.sent': 'Was über Sie diesen Server verlassen hat oder sollte',
  'privacy.sent_none': 'Nichts über Sie hat diesen Server verlassen',
  'privacy.sent_none_text': 'Sobald etwas hinausgeht, stehen hier seine genauen Bytes.',
  'privacy.pseudonym': 'Ihr Pseudonym in Nutzungsereignissen',
  'privacy.pseudonym_errors': 'Ihr Pseudonym in Fehlerberichten',
  'privacy.pseudonym_text':
    'Gemacht aus Ihrer Nummer und einem geheimen Schlüssel, der in der Datenbank dieses Servers bleibt. Wer diesen Schlüssel nicht hat, erkennt Sie daran nicht.',
  'privacy.part':
    'Ihr Teil, genau wie gesendet. Die Anfrage hatte im Ganzen {count, plural, one {# Byte} other {# Bytes}}; der Rest ist der Rahmen darum und, wo mehrere darin vorkamen, deren Teile.',
  'privacy.whole': 'Die Anfrage, genau wie gesendet ({count, plural, one {# Byte} other {# Bytes}}).',
  'privacy.part_tried':
    'Ihr Teil einer versuchten Anfrage von {count, plural, one {# Byte} other {# Bytes}}; es kam keine Verbindung zustande, also ging nichts hinaus.',
  'privacy.whole_tried':
    'Die Anfrage, wie sie gesendet worden wäre ({count, plural, one {# Byte} other {# Bytes}}); es kam keine Verbindung zustande, also ging nichts hinaus.',
  'privacy.to_host': 'an {host}',
  'privacy.ask': 'Mit allem anderen zu Ihren Daten wenden Sie sich bitte an die Betreiber dieses Servers.',
};
