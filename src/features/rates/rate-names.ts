import type { Db } from '../../db/connect.ts';
import type { Translate } from '../../i18n/translate.ts';
import type { RateNames, RatePlace } from './rate-places.queries.ts';
import { mapRateNames } from './rate-places.queries.ts';
import type { RateRow } from './rates.queries.ts';
import type { RateScope } from './rates.ts';
import { readScope } from './rates.ts';

/** What a rate is of, as a heading. */
export function rateTitle(
  scope: RateScope,
  place: Pick<RatePlace, 'task_name' | 'project_name' | 'person_name' | 'client_name'>,
  t: Translate,
): string {
  const name = (text: string | null): string => text ?? '–';
  switch (scope.level) {
    case 'task':
      return t('rates.of_task', { task: name(place.task_name), project: name(place.project_name) });
    case 'member':
      return t('rates.of_member', { person: name(place.person_name), project: name(place.project_name) });
    case 'project':
      return t('rates.of_project', { project: name(place.project_name) });
    case 'person':
      return t('rates.of_person', { person: name(place.person_name) });
    case 'client':
      return t('rates.of_client', { client: name(place.client_name) });
    case 'default':
      return t('rates.of_default');
  }
}

export interface NamedRate extends RateRow {
  title: string;
}

/** Rates with what they are of in words; what is gone meanwhile is left out. */
export async function nameRates(db: Db, rates: readonly RateRow[], t: Translate): Promise<NamedRate[]> {
  const scopes = rates.flatMap(({ scope }) => readScope(scope) ?? []);
  const names = await mapRateNames(db, scopes);
  return rates.flatMap((rate) => {
    const scope = readScope(rate.scope);
    if (!scope) return [];
    const place = placeOf(scope, names);
    return isThere(scope, place) ? [{ ...rate, title: rateTitle(scope, place, t) }] : [];
  });
}

function isThere(scope: RateScope, place: ReturnType<typeof placeOf>): boolean {
  if ('task_id' in scope) return place.task_name !== null;
  if ('project_id' in scope && place.project_name === null) return false;
  if ('user_id' in scope) return place.person_name !== null;
  return 'client_id' in scope ? place.client_name !== null : true;
}

function placeOf(scope: RateScope, names: RateNames) {
  const of = (map: Map<number, string>, id: number | undefined) =>
    id === undefined ? null : (map.get(id) ?? null);
  return {
    task_name: of(names.tasks, 'task_id' in scope ? scope.task_id : undefined),
    project_name: of(names.projects, 'project_id' in scope ? scope.project_id : undefined),
    person_name: of(names.people, 'user_id' in scope ? scope.user_id : undefined),
    client_name: of(names.clients, 'client_id' in scope ? scope.client_id : undefined),
  };
}
