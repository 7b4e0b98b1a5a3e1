import { listTimeZones } from '../../shared/calendar.ts';
import { listCurrencies } from '../../shared/money.ts';

interface ChoiceOption {
  value: string;
  label: string;
  group?: string;
}

/**
 * Time zones for a select, grouped by region. A valid older name that is not listed (`Asia/Calcutta`) is added, so that
 * opening a form never changes the stored zone.
 */
export function timeZoneOptions(own: string | undefined): ChoiceOption[] {
  const zones = listTimeZones();
  const named = own === undefined || zones.includes(own) ? zones : [...zones, own].sort();
  return ['UTC', ...named.filter((zone) => zone !== 'UTC')].map((zone) => {
    const slash = zone.indexOf('/');
    const label = zone.slice(slash + 1).replaceAll('_', ' ');
    return slash === -1 ? { value: zone, label } : { value: zone, label, group: zone.slice(0, slash) };
  });
}

const currencyLists = new Map<string, ChoiceOption[]>();

/** ISO 4217 codes with their names in a language; made once per language. */
export function currencyOptions(locale: string): ChoiceOption[] {
  let list = currencyLists.get(locale);
  if (!list) {
    const names = new Intl.DisplayNames(locale, { type: 'currency' });
    list = listCurrencies().map((code) => ({
      value: code,
      label: `${code} · ${names.of(code) ?? code}`,
    }));
    currencyLists.set(locale, list);
  }
  return list;
}
