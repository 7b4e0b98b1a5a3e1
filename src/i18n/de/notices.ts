import type { notices as en } from '../en/notices.ts';

export const notices: Record<keyof typeof en, string> = {
  'notices.title': 'Hinweise',
  'notices.lead': 'Was dieser Server Sie wissen lassen möchte.',
  'notices.bell': '{unread, plural, =0 {Hinweise} one {Hinweise, # ungelesen} other {Hinweise, # ungelesen}}',
  'notices.none': 'Keine Hinweise',
  'notices.none_text':
    'Hier steht, wenn jemand anderes Zeit für Sie bucht, ändert oder löscht; für alle, die ein Projekt leiten, wenn sein Budget oder die Schätzung einer seiner Aufgaben eine Schwelle erreicht; und für Administratoren, wenn eine E-Mail nicht verschickt werden konnte.',
  'notices.unread': 'neu',
  'notices.mark_read': 'Als gelesen markieren',
  'notices.read_all': 'Alle als gelesen markieren',
  'notices.person_gone': 'jemand, den es nicht mehr gibt',
  'notices.mail_invitation':
    'Die E-Mail mit der Einladung von {name} konnte nicht verschickt werden: Geben Sie einen Link weiter. {reason}',
  'notices.mail_password_reset':
    'Die E-Mail, mit der {name} ein neues Passwort wählt, konnte nicht verschickt werden: Geben Sie einen Link weiter. {reason}',
  'notices.mail_notice':
    'Hinweise an {name} konnten nicht per E-Mail verschickt werden; sie stehen auf der Seite. {reason}',
  'notices.mail_refused': 'Der Mailserver hat sie abgelehnt ({status}).',
  'notices.mail_never_tried': 'Es wurde kein Mailserver gefragt.',
  'notices.project_gone': 'ein Projekt, das es nicht mehr gibt oder das Sie nicht mehr sehen',
  'notices.budget_total':
    'Das Budget von {project} hat {threshold, number} % erreicht: {percent, number} % sind verbraucht.',
  'notices.budget_monthly':
    'Das Budget von {project} für {month} hat {threshold, number} % erreicht: {percent, number} % sind verbraucht.',
  'notices.estimate':
    'Die Zeit auf {task} ({project}) hat {threshold, number} % der Schätzung erreicht: {percent, number} % sind verbraucht.',
  'notices.task_gone':
    'Die Schätzung einer Aufgabe wurde erreicht, die es nicht mehr gibt oder die Sie nicht mehr sehen.',
  'notices.mail_estimate_subject': 'Schätzung von {task}',
  'notices.mail_estimate_action': 'Aufgabe öffnen',
  'notices.entry_created':
    '{name} hat {count, plural, one {einen Eintrag} other {# Einträge}} für Sie gebucht ({days}).',
  'notices.entry_updated':
    '{name} hat {count, plural, one {einen Ihrer Einträge} other {# Ihrer Einträge}} geändert ({days}).',
  'notices.entry_deleted':
    '{name} hat {count, plural, one {einen Ihrer Einträge} other {# Ihrer Einträge}} gelöscht ({days}).',
  'notices.entry_restored':
    '{name} hat {count, plural, one {einen Ihrer Einträge} other {# Ihrer Einträge}} wiederhergestellt ({days}).',
  'notices.mail_entry_subject': 'Ihre Zeit wurde geändert',
  'notices.mail_entry_action': 'Meine Einträge zeigen',
  'notices.mail_entry_why':
    'Sie bekommen das, weil es in Ihrem Konto so eingestellt ist; dort können Sie es ändern.',
  'notices.mail_subject': 'Budget von {project}',
  'notices.mail_action': 'Projekt öffnen',
  'notices.mail_why':
    'Sie bekommen das einmal je Schwelle, weil Sie dieses Projekt oder diesen Server leiten.',
};
