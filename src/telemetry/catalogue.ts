import { hash } from 'node:crypto';
import type { TelemetryChannel } from './channels.ts';

/**
 * Every event, once. Types, the runtime check, what may leave, docs/events.md and the counter's label set derive from
 * this table.
 *
 * A property is a choice, a flag, a bucketed number, an id or a route pattern. There is no free-text type, so a
 * project's name cannot be declared, let alone recorded. `stays`: written down here, never sent.
 */
export type Property = (
  | { kind: 'choice'; values: readonly string[] }
  | { kind: 'flag' }
  | { kind: 'bucket'; edges: readonly number[] }
  /** Named `project_id`: leaves as the pseudonym of a project. */
  | { kind: 'id' }
  | { kind: 'route' }
) & { stays?: true };

/**
 * What a field says: about the software, about what was done, or which person or thing it was, by a pseudonym.
 * There is no class for content or for anything special about a person, because no such field can be declared.
 */
export type FieldClass = 'technical' | 'usage' | 'pseudonymous';

/** Why it may be processed: Article 6(1)(f) with a right to object, or what an administrator agreed to. */
export type LegalBasis = 'legitimate_interest' | 'consent';

interface EventDeclaration {
  /** The question that this event answers. */
  why: string;
  owner: string;
  /** Version that introduced it. */
  since: string;
  /** Date after which it is no longer recorded unless renewed. */
  expires: string;
  /** Outward channels that may carry it; [] never leaves. */
  channels: readonly ('analytics' | 'installation')[];
  basis: LegalBasis;
  /** False when the request line already says it: the event is then only counted. */
  logged: boolean;
  properties: Readonly<Record<string, Property>>;
}

const choice = <const Values extends readonly string[]>(...values: Values) =>
  ({ kind: 'choice', values }) as const;
const flag = { kind: 'flag' } as const;
/** Read in our own log; too little is asked of it outside to be worth its bytes. */
const flagHere = { kind: 'flag', stays: true } as const;
const id = { kind: 'id' } as const;
const route = { kind: 'route' } as const;
const durationBucket = {
  kind: 'bucket',
  edges: [60, 300, 900, 1800, 3600, 7200, 14400, 28800, 86400],
} as const;
const rowBucket = { kind: 'bucket', edges: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000] } as const;
const dayBucket = { kind: 'bucket', edges: [1, 7, 31, 92, 366, 1830] } as const;

const nodeBucket = { kind: 'bucket', edges: [22, 24, 26, 28, 30, 32, 34, 36] } as const;

const product = {
  owner: 'product',
  since: '0.1.0',
  expires: '2028-12-31',
  channels: ['analytics'],
  basis: 'legitimate_interest',
  logged: true,
} as const;
const installation = {
  ...product,
  owner: 'operations',
  channels: ['installation'],
  basis: 'consent',
  properties: { platform: choice('linux', 'darwin', 'win32', 'freebsd'), node_major: nodeBucket },
} as const;
const entrySource = choice('timer', 'manual', 'duration', 'duplicate', 'split', 'demo');

const projectProperties = {
  project_id: id,
  has_client: flag,
  billable: flag,
  has_due_date: flag,
  has_description: flagHere,
  has_budget: flagHere,
} as const;
const taskStatus = choice('open', 'in_progress', 'review', 'done');
const taskProperties = {
  task_id: id,
  project_id: id,
  has_due_date: flag,
  has_description: flag,
  has_assignee: flagHere,
  has_estimate: flagHere,
  priority: { ...choice('low', 'normal', 'high', 'urgent'), stays: true },
} as const;

export const catalogue = {
  'auth.login': {
    ...product,
    why: 'Do people get in, and how.',
    properties: { auth_method: choice('password', 'link') },
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
  'account.joined': {
    ...product,
    why: 'Do people who are invited come.',
    properties: { role: choice('admin', 'manager', 'member') },
  },
  'account.password_changed': { ...product, why: 'Do people change passwords.', properties: {} },
  'timer.started': {
    ...product,
    why: 'Is the timer used, and with how much detail.',
    properties: {
      project_id: id,
      has_description: flag,
      has_tags: flagHere,
      billable: flag,
      source: choice('timer', 'continue', 'restore'),
      switched: flagHere,
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
      has_description: flagHere,
      has_tags: flagHere,
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
  'project.created': { ...product, why: 'Are projects used.', properties: projectProperties },
  'project.updated': { ...product, why: 'Are projects kept up.', properties: projectProperties },
  'project.members_changed': {
    ...product,
    why: 'Do people work on projects together.',
    properties: { project_id: id, change: choice('member', 'manager', 'removed') },
  },
  'project.favourite_changed': {
    ...product,
    why: 'Do people mark what they work on.',
    properties: { project_id: id, favourite: flag },
  },
  'project.archived': { ...product, why: 'Do projects end.', properties: { project_id: id, archived: flag } },
  'project.deleted': { ...product, why: 'Are projects made by mistake.', properties: { project_id: id } },
  'client.created': { ...product, why: 'Are clients used.', properties: { client_id: id } },
  'client.updated': { ...product, why: 'Are clients kept up.', properties: { client_id: id } },
  'client.archived': { ...product, why: 'Do clients end.', properties: { client_id: id, archived: flag } },
  'client.deleted': { ...product, why: 'Are clients made by mistake.', properties: { client_id: id } },
  'task.created': {
    ...product,
    why: 'Are tasks used, and with how much detail.',
    properties: taskProperties,
  },
  'task.updated': { ...product, why: 'Are tasks kept up.', properties: taskProperties },
  'task.status_changed': {
    ...product,
    why: 'Does work move on.',
    properties: { task_id: id, status: taskStatus, previous_status: taskStatus },
  },
  'task.archived': { ...product, why: 'Do tasks end.', properties: { task_id: id, archived: flag } },
  'task.deleted': {
    ...product,
    why: 'Are tasks made by mistake.',
    properties: { task_id: id, project_id: id },
  },
  'comment.created': { ...product, why: 'Do people talk about tasks.', properties: { task_id: id } },
  'comment.updated': { ...product, why: 'Do people mend comments.', properties: { task_id: id } },
  'comment.deleted': { ...product, why: 'Do people take comments back.', properties: { task_id: id } },
  'notice.read': { ...product, why: 'Do notices reach people.', properties: { row_count: rowBucket } },
  'project.merged': {
    ...product,
    why: 'Do projects double.',
    properties: { project_id: id, row_count: rowBucket },
  },
  'client.merged': {
    ...product,
    why: 'Do clients double.',
    properties: { client_id: id, row_count: rowBucket },
  },
  'task.merged': { ...product, why: 'Do tasks double.', properties: { task_id: id, row_count: rowBucket } },
  'rate.updated': {
    ...product,
    why: 'Which rates are used, and does booked time follow them.',
    properties: {
      rate_kind: choice('billable', 'cost'),
      rate_level: choice('task', 'member', 'project', 'person', 'client', 'default'),
      change: choice('add', 'change', 'remove'),
      row_count: rowBucket,
    },
  },
  'tag.created': { ...product, why: 'Are tags used.', properties: { source: choice('timer', 'form') } },
  'tag.updated': { ...product, why: 'Are tags kept up.', properties: {} },
  'tag.archived': { ...product, why: 'Do tags go out of use.', properties: { archived: flag } },
  'tag.deleted': { ...product, why: 'Are tags made by mistake.', properties: {} },
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
    // Nothing leaves before the setup is complete, so this never could.
    channels: [],
    why: 'Who the tool is for.',
    properties: { used_by: choice('alone', 'team'), source: choice('page', 'command') },
  },
  'admin.user_created': {
    ...product,
    why: 'Do teams grow.',
    properties: {
      role: choice('admin', 'manager', 'member'),
      source: choice('command', 'invitation', 'placeholder'),
    },
  },
  'admin.user_updated': {
    ...product,
    why: 'What administrators do for people, and do people need help to get back in.',
    properties: {
      change: choice(
        ...(['password', 'profile', 'role', 'link', 'invited'] as const),
        ...(['deactivated', 'activated', 'merged'] as const),
      ),
      source: choice('command', 'page'),
    },
  },
  'admin.user_deleted': {
    ...product,
    why: 'Are people added by mistake.',
    properties: { was_placeholder: flag },
  },
  'admin.settings_updated': {
    ...product,
    why: 'Which settings of the instance are changed after setup.',
    properties: {
      setting: choice(
        ...(['used_by', 'time_zone', 'currency', 'week_start', 'duration_format'] as const),
        // Flags of the features page.
        ...(['idle_question', 'suggestions', 'projects_on_the_way'] as const),
      ),
    },
  },
  'admin.telemetry_viewed': {
    ...product,
    why: 'Do administrators look at what leaves.',
    properties: { page: choice('channels', 'ledger') },
  },
  'admin.telemetry_toggled': {
    ...product,
    why: 'Which channels are wanted.',
    properties: {
      channel: choice('errors', 'analytics', 'installation'),
      mode: choice('off', 'review', 'auto'),
      source: choice('setup', 'panel', 'command'),
    },
  },
  // Never leaves: who objects must not be reported for it.
  'privacy.opted_out': {
    ...product,
    channels: [],
    why: 'How many people object to product analytics.',
    properties: { analytics_choice: choice('out', 'browser') },
  },
  'telemetry.install': { ...installation, why: 'How many servers are set up, on what.' },
  'telemetry.update': { ...installation, why: 'How fast new versions spread.' },
  'telemetry.health': { ...installation, why: 'Which versions are in use.' },
  'telemetry.test': { ...installation, why: 'Does the destination take pings; an administrator asked.' },
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

const technical = (why: string) => ({ class: 'technical', why }) as const;
const usage = (why: string) => ({ class: 'usage', why }) as const;
const pseudonymous = (why: string) => ({ class: 'pseudonymous', why }) as const;

/** What leaves beside the properties of events: the fields around them, and everything in an error report. */
export const surroundings: Record<
  TelemetryChannel,
  Readonly<Record<string, { class: FieldClass; why: string }>>
> = {
  errors: {
    'error.type': technical('Class of the exception, and of its causes.'),
    'error.message': technical('Text of the classes on a short list; of all others the class and a code.'),
    'error.frames': technical(
      'Function, file below the application, line and column. No source, no variables.',
    ),
    'error.level': technical('How bad it is.'),
    'error.endpoint': usage('Route pattern of the request, such as /projects/:id.'),
    'error.request_id': technical(
      'Random id that is in the log as well: request_id, or own_request_id behind a proxy that gives ids.',
    ),
    'error.release': technical('Version of the application.'),
    'error.environment': technical('Name of the installation kind, as APP_ENVIRONMENT says.'),
    'error.user': pseudonymous('Pseudonym of who was signed in.'),
    'error.timestamp': technical('When it happened.'),
    'error.id': technical('Random id, so that a repeated report is counted once.'),
    'error.handled': technical('Whether the application lives on.'),
    'error.sdk': technical('Name, version and settings of the library that reports, and node as platform.'),
    'trace.endpoint': usage('Route pattern of the request.'),
    'trace.method': usage('GET, POST or another method of HTTP.'),
    'trace.http_status': technical('Status of the answer.'),
    'trace.duration': technical('How long the request took.'),
    'trace.db_statements': technical('How many database statements it ran.'),
    'trace.release': technical('Version of the application.'),
    'trace.environment': technical('Name of the installation kind, as APP_ENVIRONMENT says.'),
    'trace.timestamp': technical('When it began and ended.'),
    'trace.id': technical('Random ids, so that a repeated trace is counted once.'),
    'trace.sdk': technical('Name, version and settings of the library that reports, and node as platform.'),
  },
  analytics: {
    'envelope.uuid': technical(
      'Id, random behind the second that the timestamp tells too, so that a repeated event is counted once.',
    ),
    'envelope.distinct_id': pseudonymous('Pseudonym of the person; the same one at each event.'),
    'envelope.timestamp': technical('When it happened, to the second.'),
    'envelope.api_key': technical('Key of the project of your own that it goes to, once for all its events.'),
    'envelope.app_version': technical('Version of the application and, after the +, of this catalogue.'),
    'envelope.$process_person_profile': technical('Always false: no profile of a person is made.'),
    'envelope.$geoip_disable': technical('Always true: the place of the server is not looked up.'),
  },
  installation: {
    'ping.id': technical('Id of the ping, so that a repeated one is counted once.'),
    'ping.fingerprint': pseudonymous('Hash of host name and a random salt: the server, not a person.'),
    'ping.kind': technical('install, update, health, or test.'),
    'ping.app_version': technical('Version of the application.'),
    'ping.previous_version': technical('Version before the update.'),
    'ping.installed_at': technical('When this server was set up.'),
    'ping.updated_at': technical('When this version first ran.'),
    'ping.timestamp': technical('When the ping was made.'),
    'ping.$process_person_profile': technical('To PostHog only, always false: no profile is made.'),
    'ping.$geoip_disable': technical(
      'To PostHog only, always true: the place of the server is not looked up.',
    ),
  },
};

/** Version of the outward half. Whoever changes what could leave raises it; a test holds it against the hash. */
export const catalogueVersion = 7;

/**
 * Everything that a channel could send, and how much it says: 'event', 'event.property' and the names of its
 * surroundings, sorted, each with its shape (legal basis, kind and values, class).
 */
export function outwardShapes(channel: TelemetryChannel): ReadonlyMap<string, string> {
  let shapes = outwardKept.get(channel);
  if (!shapes) {
    const around = Object.entries(surroundings[channel]).map(([field, declared]) => [field, declared.class]);
    const events = eventNames.filter((name) => leavesBy(name, channel)).flatMap(shapesOf);
    const sorted = [...around, ...events].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    shapes = new Map(sorted.map(([field = '', shape = '']) => [field, shape]));
    outwardKept.set(channel, shapes);
  }
  return shapes;
}
const outwardKept = new Map<TelemetryChannel, ReadonlyMap<string, string>>();

function shapesOf(name: EventName): string[][] {
  const { basis, properties } = declarationOf(name);
  const leaving = Object.entries(properties).filter(([, { stays }]) => !stays);
  return [
    [name, basis],
    ...leaving.map(([key, property]) => [`${name}.${key}`, shapeOf(property).join(' ')]),
  ];
}

/** The names alone. */
export const outwardFields = (channel: TelemetryChannel): readonly string[] => [
  ...outwardShapes(channel).keys(),
];

/** What somebody agrees to who agrees to a channel today, as it is kept: 'field=shape'. */
export const agreementOf = (channel: TelemetryChannel): string[] =>
  [...outwardShapes(channel)].map(([field, shape]) => `${field}=${shape}`);

const leavesBy = (name: EventName, channel: TelemetryChannel): boolean =>
  (declarationOf(name).channels as readonly string[]).includes(channel);

/** The properties of an event that may leave, by name. */
export const leavingProperties = (name: EventName): string[] =>
  Object.entries(declarationOf(name).properties)
    .filter(([, property]) => !property.stays)
    .map(([property]) => property);

/** What a property of an event says. */
export function classOf(name: EventName, { kind }: Property): FieldClass {
  if (kind === 'id') return 'pseudonymous';
  return leavesBy(name, 'installation') ? 'technical' : 'usage';
}

/**
 * SHA-256, hex, of what the outward half says: fields, kinds, values, classes and legal bases. Not of the prose, and
 * not of the order in which things are declared.
 */
export function catalogueHash(): string {
  const around = Object.values(surroundings).flatMap((fields) =>
    Object.entries(fields).map(([field, declared]) => [field, declared.class]),
  );
  const events = eventNames.flatMap((name) => {
    const { channels, basis, properties } = declarationOf(name);
    if (channels.length === 0) return [];
    const leaving = Object.entries(properties).filter(([, { stays }]) => !stays);
    return [
      [name, ...channels, basis],
      ...leaving.map(([key, property]) => [name, key, classOf(name, property), ...shapeOf(property)]),
    ];
  });
  const lines = [...around, ...events].map((line) => JSON.stringify(line));
  return hash('sha256', lines.sort().join('\n'));
}

function shapeOf(property: Property): (string | number)[] {
  if (property.kind === 'choice') return ['choice', ...property.values.toSorted()];
  return property.kind === 'bucket' ? ['bucket', ...property.edges] : [property.kind];
}
