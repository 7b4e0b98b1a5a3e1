import type { Deps } from '../../deps.ts';
import type { MessageKey, Translate } from '../../i18n/translate.ts';
import { declarationOf, eventNames, leavingProperties, surroundings } from '../../telemetry/catalogue.ts';
import type { EventName, LegalBasis, Property } from '../../telemetry/catalogue.ts';
import { outboundProblems } from '../../telemetry/channels.ts';
import type { TelemetryChannel } from '../../telemetry/channels.ts';

/** What the pages say about a channel: where it goes, what it may contain, what went wrong. */

type Config = Deps['config'];

/** Host of a channel's destination, and the option that says so; undefined when there is none. */
export function destinationOf(
  channel: TelemetryChannel,
  config: Config,
): { host: string; option: string } | undefined {
  const { sentry_dsn, posthog_host, posthog_api_key, tele_url } = config;
  if (channel === 'errors') return hostOf(sentry_dsn, 'SENTRY_DSN');
  if (channel === 'installation' && tele_url !== undefined) return hostOf(tele_url, 'TELE_URL');
  return posthog_api_key === undefined ? undefined : hostOf(posthog_host, 'POSTHOG_HOST');
}

function hostOf(url: string | undefined, option: string) {
  return url === undefined ? undefined : { host: new URL(url).host, option };
}

/** A field, or an event with its fields, in words. `is_new`: not covered by what was agreed to. */
export interface FieldWords {
  name: string;
  words: string;
  values: string;
  is_new: boolean;
  stays: boolean;
}
export interface EventWords extends Omit<FieldWords, 'values'> {
  channels: readonly TelemetryChannel[];
  basis: LegalBasis;
  /** Date after which it is recorded no more. */
  expires: string;
  properties: FieldWords[];
}

/** Everything that a channel may contain: what stands around each payload, and its events. */
export function contentsOf(channel: TelemetryChannel, uncovered: readonly string[], t: Translate) {
  const added = new Set(uncovered);
  const around = Object.keys(surroundings[channel]).map((name): FieldWords => ({
    name,
    words: wordsOf(`field.${name}`, t),
    values: t(`dictionary.class.${surroundings[channel][name]?.class ?? 'technical'}`),
    is_new: added.has(name),
    stays: false,
  }));
  const events = eventNames
    .filter((name) => (declarationOf(name).channels as readonly string[]).includes(channel))
    .map((name) => eventWords(name, added, t));
  const leaving = events.map((event) => ({
    ...event,
    properties: event.properties.filter(({ stays }) => !stays),
  }));
  return { around, events: leaving };
}

/** An event as the dictionary shows it. */
export function eventWords(name: EventName, added: ReadonlySet<string>, t: Translate): EventWords {
  const { properties, channels, basis, expires } = declarationOf(name);
  const leaving = new Set(leavingProperties(name));
  return {
    name,
    words: wordsOf(`why.${name}`, t),
    ...{ channels, basis, expires },
    is_new: added.has(name),
    stays: channels.length === 0,
    properties: Object.entries(properties).map(([key, property]) => ({
      name: key,
      words: wordsOf(`property.${key}`, t),
      values: valuesOf(property, t),
      is_new: added.has(`${name}.${key}`),
      stays: !leaving.has(key),
    })),
  };
}

/** The catalogue grows by one line; a test sees to it that its words grow with it. */
function wordsOf(key: string, t: Translate): string {
  const words: string | undefined = t(key as MessageKey);
  return words ?? '';
}

function valuesOf(property: Property, t: Translate): string {
  switch (property.kind) {
    case 'choice':
      return property.values.join(', ');
    case 'bucket':
      return t('dictionary.kind.bucket', { edges: [0, ...property.edges].join(', ') });
    default:
      return t(`dictionary.kind.${property.kind}`);
  }
}

/**
 * What went wrong with a request, and what to do about it.
 *
 * @param code - the gateway's code, an HTTP status as text, or 'sink': it failed on this server, before a request.
 */
export function problemSentence(code: string, t: Translate): string {
  const status = /^(?:http_)?(\d{3})$/.exec(code)?.[1];
  if (status !== undefined) return t(`telemetry.problem.${statusKind(Number(status))}`, { status });
  if (code === 'sink') return t('telemetry.problem.sink');
  return t(`telemetry.problem.${outboundProblems.find((name) => name === code) ?? 'failed'}`);
}

function statusKind(status: number) {
  if (status === 401 || status === 403) return 'key';
  if (status === 404 || status === 405 || status === 410) return 'address';
  if (status === 408 || status === 429) return 'busy';
  if (status >= 300 && status < 400) return 'redirect';
  return status >= 500 ? 'server' : 'rejected';
}

/** Bytes as people read them: JSON with its lines and indents, an envelope part by part; anything else as it is. */
export function prettyBytes(text: string): string {
  const parts = text.split('\n').filter((line) => line !== '');
  return parts.map(prettyPart).join('\n');
}

function prettyPart(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
