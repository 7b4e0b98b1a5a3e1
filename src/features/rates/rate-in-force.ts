import type { Db } from '../../db/connect.ts';
import type { Translate } from '../../i18n/translate.ts';
import { nameRates } from './rate-names.ts';
import type { NamedRate } from './rate-names.ts';
import { listRates } from './rates.queries.ts';
import type { RateKind, RateScope } from './rates.ts';
import { scopeText } from './rates.ts';

/** Where a rate would count: the project of a task, the client of a project, and what is billed there. */
export interface RateWorld {
  project_id: number | null;
  client_id: number | null;
  /** In which each kind is counted there. */
  currencies: Record<RateKind, string>;
}

/** The rate that counts now for some work, whatever its level. */
export interface RateInForce {
  rate: NamedRate | null;
  /** True when people whose rate is their own are counted at that instead. */
  people_first: boolean;
}

/** What may count for a scope, the most specific first. Of whom is not known where the scope names nobody. */
function candidatesOf(scope: RateScope, { project_id, client_id }: RateWorld): RateScope[] {
  const project: RateScope[] = project_id === null ? [] : [{ level: 'project', project_id }];
  const client: RateScope[] = client_id === null ? [] : [{ level: 'client', client_id }];
  const rest: RateScope[] = [...client, { level: 'default' }];
  switch (scope.level) {
    case 'task':
      return [scope, ...project, ...rest];
    case 'member':
      return [scope, ...project, { level: 'person', user_id: scope.user_id }, ...rest];
    case 'project':
      return [scope, ...rest];
    case 'person':
      return [scope, { level: 'default' }];
    case 'client':
      return [scope, { level: 'default' }];
    case 'default':
      return [scope];
  }
}

/** The rates of both kinds that count now for what a scope names; two queries and those of their names. */
export async function findRatesInForce(
  db: Db,
  scope: RateScope,
  { world, t }: { world: RateWorld; t: Translate },
): Promise<Record<RateKind, RateInForce>> {
  const texts = candidatesOf(scope, world).map(scopeText);
  const rates = await nameRates(db, await listRates(db, texts), t);
  const of = (kind: RateKind): RateInForce => {
    const counts = (one: string) => (rate: NamedRate) =>
      rate.kind === kind && rate.scope === one && rate.currency === world.currencies[kind];
    const rate = texts.map((one) => rates.find(counts(one))).find((one) => one !== undefined) ?? null;
    const is_general = rate === null || rate.level === 'client' || rate.level === 'default';
    return { rate, people_first: is_general && 'user_id' in scope === false && scope.level !== 'default' };
  };
  return { billable: of('billable'), cost: of('cost') };
}
