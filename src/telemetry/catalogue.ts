/**
 * Every event, once. Types, the runtime check, docs/events.md and the counter's label set derive from this table.
 *
 * A property is a choice, a flag, a bucketed number, an id or a route pattern. There is no free-text type, so a
 * project's name cannot be declared, let alone recorded.
 */
type Property =
  | { kind: 'choice'; values: readonly string[] }
  | { kind: 'flag' }
  | { kind: 'bucket'; edges: readonly number[] }
  | { kind: 'id' }
  | { kind: 'route' };

interface EventDeclaration {
  /** The question that this event answers. */
  why: string;
  owner: string;
  /** Version that introduced it. */
  since: string;
  /** Date after which it is no longer recorded unless renewed. */
  expires: string;
  /** Outward channels that may carry it once they exist; [] never leaves. */
  channels: readonly 'analytics'[];
  /** False when the request line already says it: the event is then only counted. */
  logged: boolean;
  properties: Readonly<Record<string, Property>>;
}

const choice = <const Values extends readonly string[]>(...values: Values) =>
  ({ kind: 'choice', values }) as const;
const flag = { kind: 'flag' } as const;
const id = { kind: 'id' } as const;
const route = { kind: 'route' } as const;
const durationBucket = {
  kind: 'bucket',
  edges: [60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400],
} as const;
const rowBucket = { kind: 'bucket', edges: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000] } as const;
const dayBucket = { kind: 'bucket', edges: [1, 7, 31, 92, 366, 1830] } as const;

const product = {
  owner: 'product',
  since: '0.1.0',
  expires: '2028-12-31',
  channels: ['analytics'],
  logged: true,
} as const;
const entrySource = choice('timer', 'manual', 'duration', 'duplicate', 'split', 'demo');

export const catalogue = {
  'auth.login': {
    ...product,
    why: 'Do people get in, and how.',
    properties: { auth_method: choice('password') },
  },
  'auth.logout': {
    ...product,
    why: 'Do people sign out.',
    properties: { reason: choice('sign_out', 'revoked') },
  },
  'auth.login_failed': {
    ...product,
    why: 'Do sign-ins fail more than usual.',
    properties: {
      auth_method: choice('password'),
      reason: choice('credentials', 'deactivated', 'rate_limited'),
    },
  },
  'account.updated': {
    ...product,
    why: 'Which languages and themes people choose.',
    properties: { locale: choice('en', 'de'), theme: choice('system', 'light', 'dark') },
  },
  'account.password_changed': { ...product, why: 'Do people change passwords.', properties: {} },
  'timer.started': {
    ...product,
    why: 'Is the timer used, and with how much detail.',
    properties: {
      project_id: id,
      has_description: flag,
      has_tags: flag,
      billable: flag,
      source: choice('timer', 'continue', 'restore'),
      switched: flag,
    },
  },
  'timer.stopped': {
    ...product,
    why: 'How long timers run.',
    properties: { duration_seconds: durationBucket, project_id: id },
  },
  'timer.discarded': {
    ...product,
    why: 'Are timers started by mistake.',
    properties: { duration_seconds: durationBucket },
  },
  'timer.idle_detected': {
    ...product,
    why: 'Does the idle question help.',
    properties: { choice: choice('discard', 'discard_and_continue') },
  },
  'entry.created': {
    ...product,
    why: 'How time gets booked.',
    properties: {
      source: entrySource,
      project_id: id,
      has_description: flag,
      has_tags: flag,
      billable: flag,
      duration_seconds: durationBucket,
    },
  },
  'entry.updated': {
    ...product,
    why: 'Which repairs people need.',
    properties: { time_changed: flag, project_changed: flag, description_changed: flag },
  },
  'entry.deleted': {
    ...product,
    why: 'Is time booked by mistake.',
    properties: { duration_seconds: durationBucket },
  },
  'entry.restored': {
    ...product,
    why: 'Does undo save time that was deleted.',
    properties: { duration_seconds: durationBucket },
  },
  'project.created': {
    ...product,
    why: 'Are projects used.',
    properties: { project_id: id, has_client: flag, billable: flag },
  },
  'project.updated': {
    ...product,
    why: 'Are projects kept up.',
    properties: { project_id: id, has_client: flag, billable: flag },
  },
  'project.archived': { ...product, why: 'Do projects end.', properties: { project_id: id, archived: flag } },
  'project.deleted': { ...product, why: 'Are projects made by mistake.', properties: { project_id: id } },
  'client.created': { ...product, why: 'Are clients used.', properties: { client_id: id } },
  'client.updated': { ...product, why: 'Are clients kept up.', properties: { client_id: id } },
  'client.archived': { ...product, why: 'Do clients end.', properties: { client_id: id, archived: flag } },
  'client.deleted': { ...product, why: 'Are clients made by mistake.', properties: { client_id: id } },
  'tag.created': { ...product, why: 'Are tags used.', properties: { source: choice('timer', 'form') } },
  'report.viewed': {
    ...product,
    why: 'Which reports are read.',
    properties: { report_type: choice('summary'), date_range_days: dayBucket, row_count: rowBucket },
  },
  'export.csv': {
    ...product,
    why: 'Does time get out of the tool.',
    properties: { date_range_days: dayBucket, row_count: rowBucket },
  },
  'setup.completed': {
    ...product,
    why: 'Who the tool is for.',
    properties: { used_by: choice('alone', 'team'), source: choice('page', 'command') },
  },
  'admin.user_created': {
    ...product,
    why: 'Do teams grow.',
    properties: { role: choice('admin', 'manager', 'member'), source: choice('command') },
  },
  'admin.user_updated': {
    ...product,
    why: 'Do people need help to get back in.',
    properties: { change: choice('password'), source: choice('command') },
  },
  'page.viewed': { ...product, logged: false, why: 'Which pages are used.', properties: { endpoint: route } },
} as const satisfies Record<string, EventDeclaration>;

export type EventName = keyof typeof catalogue;

type PropertyValue<Declared> = Declared extends { kind: 'choice'; values: readonly (infer Value)[] }
  ? Value
  : Declared extends { kind: 'flag' }
    ? boolean
    : Declared extends { kind: 'bucket' }
      ? number
      : Declared extends { kind: 'id' }
        ? number | null
        : string;

export type EventProperties<Name extends EventName> = {
  [Key in keyof (typeof catalogue)[Name]['properties']]: PropertyValue<
    (typeof catalogue)[Name]['properties'][Key]
  >;
};

export const eventNames = Object.keys(catalogue) as EventName[];

/** The declaration of an event without its literal types, for code that treats all events alike. */
export const declarationOf = (name: EventName): EventDeclaration => catalogue[name];

/**
 * The value as it may be written down: a number becomes the lower edge of its bucket, a choice that is not declared
 * becomes '__other__', a value of a wrong type is undefined (dropped).
 */
export function recordable(property: Property, value: unknown): string | number | boolean | null | undefined {
  switch (property.kind) {
    case 'choice':
      return typeof value === 'string' && property.values.includes(value) ? value : '__other__';
    case 'flag':
      return typeof value === 'boolean' ? value : undefined;
    case 'bucket':
      return typeof value === 'number' && Number.isFinite(value)
        ? lowerEdge(property.edges, value)
        : undefined;
    case 'id':
      return value === null || Number.isSafeInteger(value) ? (value as number | null) : undefined;
    case 'route':
      // A pattern of our router, never a path somebody typed.
      return typeof value === 'string' && /^\/[a-z0-9/:_.-]*$/.test(value) ? value : undefined;
  }
}

function lowerEdge(edges: readonly number[], value: number): number {
  let found = 0;
  for (const edge of edges) {
    if (value < edge) break;
    found = edge;
  }
  return found;
}
