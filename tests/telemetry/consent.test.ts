import { describe, expect, it } from 'vitest';
import type { ChannelMode } from '../../src/db/schema.ts';
import type { ChannelState, Reason, TelemetryChannel } from '../../src/telemetry/channels.ts';
import type { AnalyticsChoice, ChannelOptions } from '../../src/telemetry/consent.ts';
import { decideChannel } from '../../src/telemetry/consent.ts';

/** One combination of everything that matters, in words, so that the table below can be read aloud. */
interface Case {
  channel: TelemetryChannel;
  veto: 'do_not_track' | 'none';
  enable_telemetry: 'true' | 'false' | 'empty';
  dsn: 'set' | 'empty';
  posthog: 'key and host' | 'key' | 'host' | 'empty';
  tele_url: 'set' | 'empty';
  choice: ChannelMode | 'none';
  setup: 'done' | 'open';
  person: 'in' | 'out' | 'silent' | 'not asked';
  signal: 'sent' | 'not sent';
}

type Pattern = { [Key in keyof Case]?: Case[Key] | readonly Case[Key][] };
type Rule = [Pattern, ChannelMode, Reason];

/** The rules of the product, from the top: the first row that fits is the answer. */
const rules: Rule[] = [
  [{ veto: 'do_not_track' }, 'off', 'do_not_track'],

  [{ channel: 'errors', dsn: 'empty' }, 'off', 'not_configured'],
  [{ channel: 'errors', setup: 'open' }, 'off', 'not_set_up'],
  [{ channel: 'errors', choice: 'off' }, 'off', 'switched_off'],
  [{ channel: 'errors', choice: 'review' }, 'review', 'review_by_choice'],
  [{ channel: 'errors', choice: 'auto' }, 'auto', 'on_by_choice'],
  [{ channel: 'errors' }, 'auto', 'on_by_configuration'],

  [{ channel: 'analytics', posthog: ['empty', 'host'] }, 'off', 'not_configured'],
  [{ channel: 'analytics', posthog: 'key' }, 'off', 'host_missing'],
  [{ channel: 'analytics', setup: 'open' }, 'off', 'not_set_up'],
  [{ channel: 'analytics', choice: 'off' }, 'off', 'switched_off'],
  [{ channel: 'analytics', person: 'out' }, 'off', 'person_opted_out'],
  [{ channel: 'analytics', person: 'silent', signal: 'sent' }, 'off', 'browser_signal'],
  [{ channel: 'analytics', choice: 'review' }, 'review', 'review_by_choice'],
  [{ channel: 'analytics', choice: 'auto' }, 'auto', 'on_by_choice'],
  [{ channel: 'analytics' }, 'auto', 'on_by_configuration'],

  [{ channel: 'installation', enable_telemetry: 'false' }, 'off', 'enable_telemetry_false'],
  [{ channel: 'installation', tele_url: 'empty', posthog: ['empty', 'host'] }, 'off', 'not_configured'],
  [{ channel: 'installation', tele_url: 'empty', posthog: 'key' }, 'off', 'host_missing'],
  [{ channel: 'installation', setup: 'open' }, 'off', 'not_set_up'],
  [{ channel: 'installation', choice: 'off' }, 'off', 'switched_off'],
  [{ channel: 'installation', choice: 'review' }, 'review', 'review_by_choice'],
  [{ channel: 'installation', choice: 'auto' }, 'auto', 'on_by_choice'],
  [{ channel: 'installation', enable_telemetry: 'true' }, 'auto', 'on_by_environment'],
  [{ channel: 'installation' }, 'off', 'not_chosen'],
];

const dimensions: { [Key in keyof Case]: readonly Case[Key][] } = {
  channel: ['errors', 'analytics', 'installation'],
  veto: ['do_not_track', 'none'],
  enable_telemetry: ['true', 'false', 'empty'],
  dsn: ['set', 'empty'],
  posthog: ['key and host', 'key', 'host', 'empty'],
  tele_url: ['set', 'empty'],
  choice: ['off', 'review', 'auto', 'none'],
  setup: ['done', 'open'],
  person: ['in', 'out', 'silent', 'not asked'],
  signal: ['sent', 'not sent'],
};

const cases = Object.entries(dimensions).reduce<Partial<Case>[]>(
  (found, [key, values]) => found.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
  [{}],
) as Case[];

const fits = (one: Case, pattern: Pattern): boolean =>
  Object.entries(pattern).every(([key, wanted]) =>
    ([] as unknown[]).concat(wanted).includes(one[key as keyof Case]),
  );

const ruleOf = (one: Case): Rule => {
  const rule = rules.find(([pattern]) => fits(one, pattern));
  if (!rule) throw new Error(`no rule for ${JSON.stringify(one)}`);
  return rule;
};

function ask(one: Case): ChannelState {
  const options: ChannelOptions = {
    do_not_track: one.veto === 'do_not_track',
    enable_telemetry: { true: true, false: false, empty: undefined }[one.enable_telemetry],
    sentry_dsn: one.dsn === 'set' ? 'https://key@errors.example.com/1' : undefined,
    posthog_api_key: one.posthog.startsWith('key') ? 'phc_12345678' : undefined,
    posthog_host: one.posthog.endsWith('host') ? 'https://posthog.example.com' : undefined,
    tele_url: one.tele_url === 'set' ? 'https://tele.example.com' : undefined,
  };
  const choices: Record<'in' | 'out' | 'silent', AnalyticsChoice> = { in: 'in', out: 'out', silent: null };
  return decideChannel(one.channel, {
    options,
    choice: one.choice === 'none' ? undefined : one.choice,
    isSetUp: one.setup === 'done',
    ...(one.person === 'not asked'
      ? {}
      : { person: { analytics_choice: choices[one.person], signal: one.signal === 'sent' } }),
  });
}

describe('the state of a channel', () => {
  it('is what the table of rules says, for every combination', () => {
    expect(cases).toHaveLength(3 * 2 * 3 * 2 * 4 * 2 * 4 * 2 * 4 * 2);
    const wrong = cases.filter((one) => {
      const [, mode, reason] = ruleOf(one);
      const state = ask(one);
      return state.mode !== mode || state.reason !== reason;
    });
    expect(wrong).toEqual([]);
  });

  it('meets every rule of the table somewhere, so none of them is dead', () => {
    const met = new Set(cases.map(ruleOf));
    expect(rules.filter((rule) => !met.has(rule))).toEqual([]);
  });

  const on = cases.filter((one) => ask(one).mode !== 'off');
  it.each<[string, (one: Case) => boolean]>([
    ['do-not-track is set', (one) => one.veto === 'do_not_track'],
    ['setup is open', (one) => one.setup === 'open'],
    ['an administrator switched it off', (one) => one.choice === 'off'],
    [
      'installation telemetry is vetoed',
      (one) => one.channel === 'installation' && one.enable_telemetry === 'false',
    ],
    ['it is of errors and there is no DSN', (one) => one.channel === 'errors' && one.dsn === 'empty'],
    [
      'it is of analytics and there is no complete destination',
      (one) => one.channel === 'analytics' && one.posthog !== 'key and host',
    ],
    [
      'it is of analytics and the person said no',
      (one) => one.channel === 'analytics' && one.person === 'out',
    ],
    [
      'it is of analytics, the person said nothing and the browser said no',
      (one) => one.channel === 'analytics' && one.person === 'silent' && one.signal === 'sent',
    ],
    [
      'it is of installation and nobody said yes',
      (one) => one.channel === 'installation' && one.choice === 'none' && one.enable_telemetry !== 'true',
    ],
  ])('is never on when %s', (_name, isRefused) => {
    expect(on.length).toBeGreaterThan(100);
    expect(on.filter(isRefused)).toEqual([]);
  });

  it('does not depend on people, except for analytics', () => {
    const others = cases.filter(({ channel, person }) => channel !== 'analytics' && person !== 'not asked');
    expect(others.filter((one) => ask(one).mode !== ask({ ...one, person: 'not asked' }).mode)).toEqual([]);
  });
});
