import type { forms as en } from '../en/forms.ts';

export const forms: Record<keyof typeof en, string> = {
  'form.problems': 'Bitte die markierten Felder prüfen.',
  'form.required': 'Bitte ausfüllen.',
  'form.invalid': 'Das ist nicht gültig.',
  'form.too_long': 'Höchstens {maximum, number} Zeichen.',
  'form.too_short': 'Mindestens {minimum, number} Zeichen.',
  'form.control_characters': 'Enthält Zeichen, die nicht gespeichert werden können. Bitte neu eingeben.',
  'form.email': 'Bitte eine E-Mail-Adresse wie name@example.com eingeben.',
  'form.time_zone': 'Bitte eine Zeitzone aus der Liste wählen.',
  'form.currency': 'Bitte einen dreibuchstabigen Währungscode wie EUR eingeben.',
  'form.date': 'Bitte ein Datum wie 2026-11-22 eingeben.',
  'form.time': 'Bitte eine Uhrzeit wie 9:30 eingeben.',
  'form.duration': 'Bitte eine Dauer wie 1:30, 1h30, 90m oder 1,5 eingeben.',
  'form.code_taken': 'Das Kürzel {code} ist schon vergeben. Wählen Sie ein anderes.',
  'form.choice': 'Bitte einen der angebotenen Werte wählen.',
  'choice.search': 'Teil des Namens',
  'choice.search_in': 'Suchen in: {list}',
  'choice.more':
    'Die ersten {options, number} von mehr: einen Teil des Namens eingeben, um andere zu finden.',
  'choice.all_found': '{options, number} gefunden.',
  'choice.none': 'So heißt nichts.',
  'choice.found': 'Bitte aus dem Gefundenen wählen und noch einmal speichern.',
};
