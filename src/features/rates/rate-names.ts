import type { Db } from '../../db/connect.ts';
import type { Translate } from '../../i18n/translate.ts';
import type { NamedProject, RateNames, RatePlace } from './rate-places.queries.ts';
import { mapRateNames } from './rate-places.queries.ts';
import type { RateRow } from './rates.queries.ts';
import type { RateLevel, RateScope } from './rates.ts';
import { readScope } from './rates.ts';

type PlaceNames = Pick<RatePlace, 'task_name' | 'project_name' | 'person_name' | 'client_name'>;

/** A project with its client: two clients may each have a project of that name. */
export const projectText = ({
  project_name,
  client_name,
}: Pick<NamedProject, 'project_name' | 'client_name'>): string =>
  client_name === null ? project_name : `${project_name} · ${client_name}`;

/** What a rate is of, as a heading. */
export function rateTitle(scope: RateScope, place: PlaceNames, t: Translate): string {
  const name = (text: string | null): string => text ?? '–';
  const { client_name } = place;
  const project = projectText({ project_name: name(place.project_name), client_name });
  switch (scope.level) {
    case 'task':
      return t('rates.of_task', { task: name(place.task_name), project });
    case 'member':
      return t('rates.of_member', { person: name(place.person_name), project });
    case 'project':
      return t('rates.of_project', { project });
    case 'person':
      return t('rates.of_person', { person: name(place.person_name) });
    case 'client':
      return t('rates.of_client', { client: name(client_name) });
    case 'default':
      return t('rates.of_default');
  }
}

export interface NamedRate extends RateRow {
  level: RateLevel;
  title: string;
  /** Of the client that it is about; null where that has none of its own or there is none. */
  client_currency: string | null;
}

/** Rates with what they are of in words; what is gone meanwhile is left out. */
export async function nameRates(db: Db, rates: readonly RateRow[], t: Translate): Promise<NamedRate[]> {
  const scopes = rates.flatMap(({ scope }) => readScope(scope) ?? []);
  const names = await mapRateNames(db, scopes);
  return rates.flatMap((rate) => {
    const scope = readScope(rate.scope);
    const place = scope && placeOf(scope, names);
    if (!place) return [];
    const title = rateTitle(scope, place, t);
    return [{ ...rate, level: scope.level, title, client_currency: place.currency }];
  });
}

/** What a rate is of, from names that were looked up; undefined when that is gone. */
export function scopeTitle(scope: RateScope, names: RateNames, t: Translate): string | undefined {
  const place = placeOf(scope, names);
  return place && rateTitle(scope, place, t);
}

type NamedPlace = PlaceNames & Pick<RatePlace, 'currency'>;

const nobody: NamedPlace = {
  ...{ task_name: null, project_name: null, person_name: null, client_name: null, currency: null },
};

function placeOf(scope: RateScope, names: RateNames): NamedPlace | undefined {
  if (scope.level === 'default') return nobody;
  if (scope.level === 'task') {
    const task = names.tasks.get(scope.task_id);
    return task && { ...nobody, ...task };
  }
  if (scope.level === 'client') {
    const client = names.clients.get(scope.client_id);
    return client && { ...nobody, ...client };
  }
  const project = 'project_id' in scope ? names.projects.get(scope.project_id) : nobody;
  const person_name = 'user_id' in scope ? names.people.get(scope.user_id) : null;
  return project && person_name !== undefined ? { ...nobody, ...project, person_name } : undefined;
}

/** Why a rate does not count everywhere that it is of: amounts are never converted. */
export interface PassedOver {
  /** False when it counts for clients that are billed in its currency. */
  never: boolean;
  /** In which time there is counted; its own when it counts for some. */
  currency: string;
}

/** Null for a rate that counts. */
export function passedOver(rate: NamedRate, own_currency: string): PassedOver | null {
  const { kind, level, currency, client_currency } = rate;
  const counted_in = kind === 'cost' ? own_currency : (client_currency ?? own_currency);
  if (currency === counted_in) return null;
  const never = kind === 'cost' || (level !== 'person' && level !== 'default');
  return { never, currency: never ? counted_in : currency };
}
