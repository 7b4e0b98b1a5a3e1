/** Which rate counts: pure, so that what is fixed at an entry can be checked against a model. */

export type RateKind = 'billable' | 'cost';

/** Most specific first: the first level that has a rate decides. */
export const rateLevels = ['task', 'member', 'project', 'person', 'client', 'default'] as const;
export type RateLevel = (typeof rateLevels)[number];

/** What a rate is of; the ids that its level needs. */
export type RateScope =
  | { level: 'task'; task_id: number }
  | { level: 'member'; project_id: number; user_id: number }
  | { level: 'project'; project_id: number }
  | { level: 'person'; user_id: number }
  | { level: 'client'; client_id: number }
  | { level: 'default' };

export interface Rate {
  id: number;
  scope: string;
  /** Per hour, in minor units of `currency`. */
  amount_cents: number;
  currency: string;
}

/** Whose work, on what: everything that decides about its rate. */
export interface RateSubject {
  task_id: number | null;
  project_id: number | null;
  user_id: number;
  client_id: number | null;
}

/** The most that an hour may cost, in minor units: no sum of a lifetime of entries leaves the exact integers. */
export const rateMaxCents = 10_000_000_000;

/** A scope as it is stored: 'task:5', 'member:3:7' (project, person), 'project:3', 'person:7', 'client:2', 'default'. */
export function scopeText(scope: RateScope): string {
  switch (scope.level) {
    case 'task':
      return `task:${scope.task_id}`;
    case 'member':
      return `member:${scope.project_id}:${scope.user_id}`;
    case 'project':
      return `project:${scope.project_id}`;
    case 'person':
      return `person:${scope.user_id}`;
    case 'client':
      return `client:${scope.client_id}`;
    case 'default':
      return 'default';
  }
}

/** Reads a scope back; undefined for anything else, such as ids that cannot be. */
export function readScope(text: string): RateScope | undefined {
  if (text === 'default') return { level: 'default' };
  const match = /^(task|member|project|person|client):([1-9]\d{0,14})(?::([1-9]\d{0,14}))?$/.exec(text);
  if (!match) return undefined;
  const [, level, first, second] = match;
  if ((level === 'member') !== (second !== undefined)) return undefined;
  const id = Number(first);
  switch (level) {
    case 'task':
      return { level, task_id: id };
    case 'member':
      return { level, project_id: id, user_id: Number(second) };
    case 'project':
      return { level, project_id: id };
    case 'person':
      return { level, user_id: id };
    default:
      return { level: 'client', client_id: id };
  }
}

/** The scopes whose rates may count for a subject, the most specific first. */
export function scopesOf({ task_id, project_id, user_id, client_id }: RateSubject): string[] {
  return [
    ...(task_id === null ? [] : [scopeText({ level: 'task', task_id })]),
    ...(project_id === null
      ? []
      : [scopeText({ level: 'member', project_id, user_id }), scopeText({ level: 'project', project_id })]),
    scopeText({ level: 'person', user_id }),
    ...(client_id === null ? [] : [scopeText({ level: 'client', client_id })]),
    'default',
  ];
}

/**
 * The rate that counts: the most specific one in the wanted currency. A rate in another currency is passed over, because
 * amounts are never converted: 80 € are not 80 $, and 80.00 are 8,000 yen to nobody.
 *
 * @param rates - by scope, of one kind.
 */
export function rateFor(
  subject: RateSubject,
  rates: ReadonlyMap<string, Rate>,
  currency: string,
): Rate | undefined {
  for (const scope of scopesOf(subject)) {
    const rate = rates.get(scope);
    if (rate?.currency === currency) return rate;
  }
  return undefined;
}
