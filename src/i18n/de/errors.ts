import type { errors as en } from '../en/errors.ts';

export const errors: Record<keyof typeof en, string> = {
  'error.title.400': 'Diese Anfrage war nicht verständlich',
  'error.title.403': 'Das ist nicht erlaubt',
  'error.title.404': 'Hier ist nichts',
  'error.title.409': 'Jemand war schneller',
  'error.title.413': 'Das ist zu viel',
  'error.title.415': 'Dieses Format wird nicht angenommen',
  'error.title.422': 'Bitte die Eingaben prüfen',
  'error.title.429': 'Zu viele Versuche',
  'error.title.500': 'Da ist etwas schiefgegangen',
  'error.title.503': 'Gerade nicht erreichbar',
  'error.title.507': 'Gerade kann nichts gespeichert werden',
  'error.text.400':
    'Die Adresse oder das Formular enthielt etwas, das hier keinen Sinn ergibt. Bitte zurückgehen und neu versuchen.',
  'error.text.403':
    'Das dürfen Sie nicht, oder die Anfrage kam nicht von dieser Seite. Falls es möglich sein sollte, bitte die Seite neu öffnen und den Schritt wiederholen.',
  'error.text.404': 'Die Seite gibt es nicht, oder sie ist nicht für Sie bestimmt.',
  'error.text.409':
    'Das wurde inzwischen geändert. Bitte die Seite neu laden, um den aktuellen Stand zu sehen.',
  'error.text.413':
    'Das Gesendete ist größer, als ein Formular dieser Seite sein kann. Nichts wurde gespeichert.',
  'error.text.415':
    'Diese Adresse nimmt Formularfelder an (application/x-www-form-urlencoded). Nichts wurde gespeichert.',
  'error.text.422': 'Etwas im Formular ist nicht gültig. Nichts wurde gespeichert.',
  'error.text.429': 'Bitte einen Moment warten und dann erneut versuchen.',
  'error.text.500':
    'Es liegt nicht an Ihnen. Nichts wurde halb gespeichert. Falls es wieder passiert, nennen Sie bitte diese Nummer:',
  'error.text.503':
    'Der Server erreicht seine Datenbank nicht oder ist überlastet. Bitte gleich noch einmal versuchen.',
  'error.text.507':
    'Die Platte des Servers ist voll oder lässt sich nicht beschreiben. Nichts wurde gespeichert. Was da ist, kann weiter gelesen werden. Bitte geben Sie Ihrer Administration Bescheid: Sobald Platz ist, geht das Speichern von selbst wieder.',
  'error.request_id': 'Anfrage {id}',
  'error.typed': 'Was Sie eingegeben haben',
  'error.send_again': 'Noch einmal senden',
  'error.to_start': 'Zur Startseite',
};
