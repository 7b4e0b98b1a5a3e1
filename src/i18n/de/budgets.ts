import type { budgets as en } from '../en/budgets.ts';

export const budgets: Record<keyof typeof en, string> = {
  'budgets.title': 'Budget',
  'budgets.kind': 'Gerechnet in',
  'budgets.kind_none': 'Kein Budget',
  'budgets.kind_hours': 'Stunden',
  'budgets.kind_money': 'Geld',
  'budgets.amount': 'Wie viel',
  'budgets.amount_hint':
    'Stunden wie 120, 7,5 oder 1:40, oder ein Betrag in der Währung des Kunden. Es gilt für das ganze Projekt: Aufgaben werden in Stunden geschätzt.',
  'budgets.period': 'Für',
  'budgets.period_total': 'Alle Zeit',
  'budgets.period_monthly': 'Jeden Monat',
  'budgets.thresholds': 'Bescheid geben bei, in Prozent',
  'budgets.thresholds_hint': 'Wie 80, 100. Wer das Projekt leitet, erfährt es einmal.',
  'budgets.thresholds_problem': 'Bitte geben Sie bis zu fünf Prozentzahlen von 1 bis 1000 ein, wie 80, 100.',
  'budgets.kind_needed':
    'Das ist eine Menge ohne Art: wählen Sie Stunden oder Geld, oder lassen Sie sie leer.',
  'budgets.amount_needed': 'Bitte geben Sie an, wie viel, oder wählen Sie kein Budget.',
  'budgets.negative': 'Ein Budget kann nicht negativ sein.',
  'budgets.other_currency':
    'Dieses Budget ist {amount}, aber das Projekt würde in {currency} abgerechnet, und Beträge werden nie umgerechnet. Geben Sie es neu mit seiner Währung ein, etwa 1200 {currency}.',
  'budgets.billed_elsewhere':
    'Dieses Budget ist in {currency}, aber das Projekt wird jetzt in {billed_in} abgerechnet: Neue Zeit zählt nicht dagegen. Bearbeiten Sie das Projekt, um das Budget neu festzulegen.',
  'budgets.nothing': 'Ein Budget muss mehr als nichts sein. Wählen Sie stattdessen kein Budget.',
  'budgets.hours_problem': 'Bitte geben Sie Stunden wie 120 oder 7,5 ein.',
  'budgets.too_many_hours': 'Höchstens {maximum, number} Stunden.',
  'budgets.used': 'Verbraucht',
  'budgets.left': 'Übrig',
  'budgets.percent': '{percent, number} %',
  'budgets.over': 'über dem Budget',
  'budgets.per_month': 'diesen Monat',
  'budgets.used_of': '{used} von {whole} verbraucht ({percent, number} %)',
  'budgets.forecast_idle':
    'In diesem und im letzten Monat wurde nichts gebucht, deshalb lässt sich nichts voraussehen.',
  'budgets.forecast_archived': 'Das Projekt ist archiviert, deshalb wird nichts vorausgesehen.',
  'budgets.forecast_idle_money':
    'In diesem und im letzten Monat wurde nichts gebucht, was in der Währung des Budgets abgerechnet wird, deshalb lässt sich nichts voraussehen.',
  'budgets.uncounted_time': '{time} abrechenbare Zeit hat keinen Satz und ist nicht mitgerechnet.',
  'budgets.uncounted_money':
    '{amount} in einer anderen Währung sind nicht mitgerechnet: Beträge werden nicht umgerechnet.',
  'budgets.forecast_used_up': 'Das Budget ist verbraucht.',
  'budgets.forecast_ends': 'Im Tempo dieses und des letzten Monats ist es am {date} verbraucht.',
  'budgets.forecast_before_due': 'Das ist, bevor das Projekt fällig ist.',
  'budgets.forecast_after_due': 'Das ist, nachdem das Projekt fällig ist.',
  'budgets.forecast_lasts': 'Im Tempo dieses und des letzten Monats reicht es viele Jahre.',
  'budgets.forecast_month':
    'Im Tempo dieses Monats werden {percent, number} % verbraucht sein, wenn der Monat endet.',
  'budgets.burn_down': 'Was übrig ist',
  'budgets.zero_line': 'Die waagrechte Linie: nichts ist übrig',
  'budgets.burn_down_label': 'Was vom Budget übrig ist, vom {from} bis zum {to}: jetzt {left} von {whole}.',
  'budgets.line': 'übrig',
  'budgets.ideal': 'gleichmäßig bis zur Fälligkeit',
  'budgets.ideal_month': 'gleichmäßig bis Monatsende',
  'budgets.forecast': 'Vorausschau',
  'budgets.as_table': 'Als Tabelle',
  'budgets.until': 'Bis',
};
