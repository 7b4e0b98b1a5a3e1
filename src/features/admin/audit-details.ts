import type { ViewFunctions } from '../../http/view-functions.ts';
import type { MessageKey } from '../../i18n/translate.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { projectText, scopeTitle } from '../rates/rate-names.ts';
import { readScope } from '../rates/rates.ts';
import type { FlagName } from '../settings/flags.ts';
import { flagTable } from '../settings/flags.ts';
import type { AuditContent, AuditNames } from './audit-names.ts';
import { contentOf } from './audit-names.ts';
import type { ListedAudit } from '../audit/audit.queries.ts';

/** What a record is told with: the reader's words and zone, and the names of what it is about. */
export interface AuditWords {
  functions: ViewFunctions;
  isMessageKey: (key: string) => key is MessageKey;
  zone: string;
  names: AuditNames;
}

/** Fields of records, and how the value of each is read; what each is called is `audit.field.*`. */
const fields = {
  project_id: 'project',
  project_ids: 'project',
  task_id: 'task',
  started_at: 'instant',
  ended_at: 'instant',
  made_at: 'instant',
  billable: 'flag',
  was_placeholder: 'flag',
  timer_stopped: 'flag',
  name_changed: 'flag',
  email_changed: 'flag',
  description_changed: 'flag',
  is_manager: 'membership',
  seconds: 'duration',
  entries: 'count',
  memberships: 'count',
  comments: 'count',
  tasks: 'count',
  count: 'count',
  merged_id: 'number',
  placeholder_id: 'number',
  role: 'role',
  visibility: 'visibility',
  kind: 'link',
  used_by: 'used_by',
  week_start: 'week_start',
  duration_format: 'duration_format',
  channel: 'channel',
  currency: 'text',
  time_zone: 'text',
  version: 'text',
  sha256: 'text',
} as const satisfies Record<string, string>;
type Field = keyof typeof fields;

/** Where the words for a choice are. */
const choices: Readonly<Record<string, (value: string) => string>> = {
  role: (value) => `people.role.${value}`,
  visibility: (value) => `projects.visibility_${value}`,
  link: (value) => `audit.link.${value}`,
  used_by: (value) => `setup.${value}`,
  week_start: (value) => `audit.week_start.${value}`,
  duration_format: (value) => `account.duration_${value}`,
  channel: (value) => `telemetry.channel.${value}`,
};

const isField = (name: string): name is Field => Object.hasOwn(fields, name);

/** Said only where it is so: that a text stayed as it was is no news. */
const saidIfTrue: readonly string[] = [
  ...['name_changed', 'email_changed', 'description_changed', 'was_placeholder', 'timer_stopped'],
];

/** What changed from what to what, a sentence each. */
export function auditDetails(row: ListedAudit, words: AuditWords): string[] {
  const content = contentOf(row);
  if (row.action === 'rate.updated') return rateDetails(content, words);
  const names = [...new Set(Object.keys(content).map((name) => name.replace(/_before$/, '')))];
  return names.flatMap((name) => {
    if (saidIfTrue.includes(name)) return content[name] === true ? [labelOf(name, words)] : [];
    const [before, after] = [`${name}_before`, name].map((key) =>
      Object.hasOwn(content, key) ? valueText(name, content[key] ?? null, words) : undefined,
    );
    const value = fromTo(before, after, words);
    return value === '' ? [] : [`${labelOf(name, words)}: ${value}`];
  });
}

function fromTo(
  before: string | undefined,
  after: string | undefined,
  { functions: { t } }: AuditWords,
): string {
  if (before === undefined || after === undefined) return before ?? after ?? '';
  return t('audit.from_to', { before, after });
}

function rateDetails(content: AuditContent, words: AuditWords): string[] {
  const { functions } = words;
  const { t, number } = functions;
  const { rate_kind, before, after, currency, before_currency, followed } = content;
  const amount = (cents: unknown, code: unknown): string =>
    typeof cents === 'number' ? functions.money(cents, String(code)) : t('rates.no_rate');
  const change = fromTo(amount(before, before_currency ?? currency), amount(after, currency), words);
  const count = Number(followed);
  return [
    `${t(rate_kind === 'cost' ? 'rates.cost' : 'rates.billable')}: ${change}`,
    ...(count > 0 ? [`${t('audit.field.followed')}: ${number(count)}`] : []),
  ];
}

function labelOf(name: string, { functions: { t } }: AuditWords): string {
  if (isField(name)) return t(`audit.field.${name}`);
  // A field of another version has no word: then its name says it.
  return Object.hasOwn(flagTable, name) ? t(flagTable[name as FlagName].label) : name;
}

function valueText(name: string, value: AuditContent[string], words: AuditWords): string {
  if (typeof value === 'object' && value !== null)
    return value.map((one) => valueText(name, one, words)).join(', ');
  const reads = isField(name) ? fields[name] : 'flag';
  const { t } = words.functions;
  if (reads === 'membership')
    return t(value === null ? 'audit.no_member' : value === 1 ? 'projects.manages' : 'people.role.member');
  if (value === null) return name === 'ended_at' ? t('projects.running') : '–';
  if (reads === 'text') return String(value);
  if (reads === 'flag')
    return typeof value === 'string' ? value : t(Number(value) === 1 ? 'list.yes' : 'list.no');
  const key = choices[reads]?.(String(value)) ?? '';
  return words.isMessageKey(key) ? t(key) : measuredText(reads, value, words);
}

function measuredText(
  reads: string,
  value: AuditContent[string],
  { functions, zone, names }: AuditWords,
): string {
  const { t } = functions;
  const id = Number(value);
  switch (reads) {
    case 'project': {
      const project = names.projects.get(id);
      return project ? projectText(project) : t('audit.number', { id });
    }
    case 'task':
      return names.tasks.get(id)?.task_name ?? t('audit.number', { id });
    case 'instant':
      return instantText(typeof value === 'string' ? Date.parse(value) : id, { functions, zone });
    case 'duration':
      return functions.duration(id);
    case 'count':
      return functions.number(id);
    case 'number':
      return t('audit.number', { id });
    default:
      return String(value);
  }
}

/** A day and a time of day. */
export function instantText(ms: number, { functions, zone }: Pick<AuditWords, 'functions' | 'zone'>): string {
  const date = localDateOf(ms, zone);
  return date === undefined ? '–' : `${functions.day(date, 'numeric')} ${functions.clock(ms, zone)}`;
}

/** What a record is about, as it is called now, and where it is looked at; null where that is nothing of its own. */
export interface AuditSubjectText {
  text: string;
  /** Null for what is gone. */
  href: string | null;
}

const folders = { project: '/projects', client: '/clients', task: '/tasks', entry: '/entries' } as const;

export function auditSubject(row: ListedAudit, { functions, names }: AuditWords): AuditSubjectText | null {
  const { subject, subject_id: id } = row;
  const { t } = functions;
  if (subject === 'rate') return rateSubject(row, { functions, names });
  if (id === null || !Object.hasOwn(folders, subject)) return null;
  const kind = subject as keyof typeof folders;
  const text = nameOf(kind, id, names);
  if (text === undefined) return { text: t('audit.number', { id }), href: null };
  return {
    text: text === '' ? t('timer.no_description') : text,
    href: `${folders[kind]}/${id}${kind === 'entry' ? '?return_to=%2Fadmin%2Faudit' : ''}`,
  };
}

function nameOf(kind: keyof typeof folders, id: number, names: AuditNames): string | undefined {
  if (kind === 'entry') return names.entries.get(id);
  if (kind === 'client') return names.clients.get(id)?.client_name;
  if (kind === 'task') return names.tasks.get(id)?.task_name;
  const project = names.projects.get(id);
  return project && projectText(project);
}

function rateSubject(
  row: ListedAudit,
  { functions: { t }, names }: Pick<AuditWords, 'functions' | 'names'>,
): AuditSubjectText | null {
  const { scope: written } = contentOf(row);
  const text = typeof written === 'string' ? written : '';
  const scope = readScope(text);
  const title = scope && scopeTitle(scope, names, t);
  if (title === undefined) return { text: t('audit.gone_place'), href: null };
  return {
    text: title,
    href: `/rates/edit?${new URLSearchParams({ scope: text, return_to: '/admin/audit' }).toString()}`,
  };
}
