import type { rates as en } from '../en/rates.ts';

export const rates: Record<keyof typeof en, string> = {
  'rates.title': 'Stundensätze',
  'rates.lead':
    'Was eine Stunde wert ist. Der genaueste Satz zählt: Aufgabe, Person im Projekt, Projekt, Person, Kunde, Standard.',
  'rates.of_task': 'Satz von {task} ({project})',
  'rates.of_member': 'Satz von {person} in {project}',
  'rates.of_project': 'Satz von {project}',
  'rates.of_person': 'Satz von {person}',
  'rates.of_client': 'Satz von {client}',
  'rates.of_default': 'Standardsatz',
  'rates.billable': 'Abrechnungssatz',
  'rates.cost': 'Kostensatz',
  'rates.billable_label': 'Berechnet je Stunde, in {currency}',
  'rates.cost_label': 'Kosten je Stunde, in {currency}',
  'rates.billable_hint': 'Leer heißt, dass der nächste weniger genaue Satz zählt.',
  'rates.cost_hint': 'Was Sie bezahlen. Kosten sind immer in der Währung dieses Servers, {currency}.',
  'rates.passed_over':
    'Dieser Satz von {amount} zählt nicht: Zeit wird hier in {currency} abgerechnet, und Beträge werden nicht umgerechnet. Legen Sie ihn neu fest.',
  'rates.per_hour': '{amount} je Stunde',
  'rates.none': 'Keiner',
  'rates.none_own': 'Kein eigener: es zählt ein weniger genauer, falls es einen gibt',
  'rates.no_rate': 'Kein Satz',
  'rates.changed_meanwhile':
    'Inzwischen hat jemand anders diesen Satz auf {amount} je Stunde gesetzt. Speichern Sie noch einmal, um das zu ersetzen.',
  'rates.removed_meanwhile':
    'Inzwischen hat jemand anders diesen Satz entfernt. Speichern Sie noch einmal, um ihn zu setzen.',
  'rates.more_people': 'Es gibt noch mehr. Suchen Sie nach einem Namen, um andere zu finden.',
  'rates.none_found': 'Keine solchen Sätze',
  'rates.none_found_text':
    'Keine Person, kein Projekt, kein Kunde und keine Aufgabe dieses Namens hat einen eigenen Satz.',
  'rates.what': 'Wovon',
  'rates.kind': 'Art',
  'rates.amount': 'Je Stunde',
  'rates.no_others': 'Keine weiteren Sätze',
  'rates.no_others_text': 'Sätze von Projekten, Aufgaben und Kunden werden auf deren Seiten festgelegt.',
  'rates.set_person': 'Satz einer Person',

  'rates.set': 'Satz festlegen',
  'rates.edit': 'Satz bearbeiten',
  'rates.when':
    'Ein Satz wird am Eintrag festgehalten, wenn er endet oder gebucht wird. Ändert man einen Satz, wird nach gebuchter Zeit gefragt.',
  'rates.question_change': 'Gebuchte Zeit hat den alten Satz verwendet. Soll sie folgen?',
  'rates.question_add':
    'Gebuchte Zeit hat keinen Satz oder einen allgemeineren, und dieser würde zählen. Soll sie ihn bekommen?',
  'rates.question_remove': 'Gebuchte Zeit hat diesen Satz verwendet. Soll sie bekommen, was ohne ihn zählt?',
  'rates.from_to': 'Von {before} auf {after} je Stunde.',
  'rates.becomes': 'Er wird {after} je Stunde.',
  'rates.goes': 'Der Satz von {before} je Stunde entfällt.',
  'rates.entries': 'Einträge',
  'rates.before': 'Jetzt',
  'rates.after': 'Dann',
  'rates.difference': 'Unterschied',
  'rates.follow_all': '{entries, plural, one {Diesen # Eintrag} other {Diese # Einträge}} auch ändern',
  'rates.follow_new': 'Nur neue Zeit',
  'rates.only_these': 'Nichts anderes wird angefasst.',
  'rates.moved': 'Inzwischen wurde andere Zeit gebucht oder geändert. Das sind die Zahlen von jetzt.',
  'rates.saved': 'Der Satz ist jetzt {amount} je Stunde.',
  'rates.removed': 'Der Satz wurde entfernt.',
  'rates.unchanged': 'Der Satz ist, wie er war.',
  'rates.followed': '{entries, plural, one {# Eintrag hat} other {# Einträge haben}} sich mit ihm geändert.',
  'amount.too_large': 'Höchstens {maximum}.',
  'amount.negative': 'Ein Betrag kann nicht negativ sein.',
  'amount.decimals':
    '{digits, plural, =0 {{currency} hat keine Nachkommastellen.} one {{currency} hat eine Nachkommastelle.} other {{currency} hat # Nachkommastellen.}} Bitte runden Sie.',
  'amount.not_understood': 'Bitte geben Sie einen Betrag wie 85 oder 85,50 ein.',
};
