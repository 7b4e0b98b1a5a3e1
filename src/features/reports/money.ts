/** Money of a report: pure sums by currency. Amounts of different currencies are never added to each other. */

export interface MoneySums {
  /** What is billed, in minor units by currency: sums of the entries' amounts, each rounded by itself. */
  amounts: Map<string, number>;
  /** What it costs, in the same way. */
  costs: Map<string, number>;
  /** Billable time that no rate counts for: it has no amount, which is not an amount of zero. */
  unrated_seconds: number;
}

/** What a row of sums adds: '' where there is no currency, and so no amount. */
export interface MoneyRow {
  billed_currency: string;
  paid_currency: string;
  amount_cents: number;
  cost_cents: number;
  unrated_seconds: number;
}

export const noMoney = (): MoneySums => ({ amounts: new Map(), costs: new Map(), unrated_seconds: 0 });

export function addRow(sums: MoneySums, row: MoneyRow): void {
  addTo(sums.amounts, row.billed_currency, row.amount_cents);
  addTo(sums.costs, row.paid_currency, row.cost_cents);
  sums.unrated_seconds += row.unrated_seconds;
}

export function addSums(sums: MoneySums, more: MoneySums): void {
  for (const [currency, cents] of more.amounts) addTo(sums.amounts, currency, cents);
  for (const [currency, cents] of more.costs) addTo(sums.costs, currency, cents);
  sums.unrated_seconds += more.unrated_seconds;
}

function addTo(sums: Map<string, number>, currency: string, cents: number): void {
  if (currency !== '') sums.set(currency, (sums.get(currency) ?? 0) + cents);
}

/** Currencies of some money, by their codes. */
export const currenciesOf = ({ amounts, costs }: MoneySums): string[] =>
  [...new Set([...amounts.keys(), ...costs.keys()])].sort();

/**
 * What is left of the amounts after the costs. Null where one of them is missing or they are of several currencies: then
 * a part of the work would be held against the costs of another part.
 */
export function marginOf(money: MoneySums): { currency: string; cents: number } | null {
  const [currency, ...others] = currenciesOf(money);
  if (currency === undefined || others.length > 0) return null;
  const [amount, cost] = [money.amounts.get(currency), money.costs.get(currency)];
  return amount === undefined || cost === undefined ? null : { currency, cents: amount - cost };
}
