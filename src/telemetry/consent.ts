import type { Config } from '../config/config.ts';
import type { ChannelMode } from '../db/schema.ts';
import type { ChannelState, Reason, TelemetryChannel } from './channels.ts';

/** What the operator's environment says about the channels. */
export type ChannelOptions = Pick<
  Config,
  'do_not_track' | 'enable_telemetry' | 'sentry_dsn' | 'posthog_api_key' | 'posthog_host' | 'tele_url'
>;

/** A person's own choice about product analytics; null follows the browser. */
export type AnalyticsChoice = 'in' | 'out' | null;

/** Whom an event is about, and whether the request carried `Sec-GPC: 1` or `DNT: 1`. */
export interface PersonSignal {
  analytics_choice: AnalyticsChoice;
  signal: boolean;
}

interface Question {
  options: ChannelOptions;
  /** The newest stored decision about the channel; undefined when nobody decided. */
  choice: ChannelMode | undefined;
  isSetUp: boolean;
  /** Undefined asks about the channel as a whole. Only analytics looks at people. */
  person?: PersonSignal;
}

/**
 * Whether a channel may send, and why: the one place where this is decided.
 *
 * Vetoes come first, since no click overrides them, then whether a destination exists at all, then whether setup is
 * complete, then what was chosen, then the person. The first that says no is the reason.
 */
export function decideChannel(channel: TelemetryChannel, question: Question): ChannelState {
  const { options, choice, isSetUp, person } = question;
  const obstacle = obstacleOf(channel, options) ?? (isSetUp ? undefined : 'not_set_up');
  if (obstacle !== undefined) return { mode: 'off', reason: obstacle };
  const chosen = choice === undefined ? unchosen(channel, options) : byChoice(choice);
  if (chosen.mode === 'off' || channel !== 'analytics' || person === undefined) return chosen;
  const refusal = refusalOf(person);
  return refusal === undefined ? chosen : { mode: 'off', reason: refusal };
}

/** What keeps a channel off whatever anybody clicks: a veto, or a destination that is not there. */
export function obstacleOf(channel: TelemetryChannel, options: ChannelOptions): Reason | undefined {
  if (options.do_not_track) return 'do_not_track';
  if (channel === 'installation' && options.enable_telemetry === false) return 'enable_telemetry_false';
  if (channel === 'errors') return options.sentry_dsn === undefined ? 'not_configured' : undefined;
  if (channel === 'installation' && options.tele_url !== undefined) return undefined;
  if (options.posthog_api_key === undefined) return 'not_configured';
  return options.posthog_host === undefined ? 'host_missing' : undefined;
}

/** Why this person's events stay here; undefined when they may leave. The own choice wins over the browser's. */
export function refusalOf({ analytics_choice, signal }: PersonSignal): Reason | undefined {
  if (analytics_choice === 'out') return 'person_opted_out';
  return analytics_choice === null && signal ? 'browser_signal' : undefined;
}

/** Without a decision: to configure a destination of one's own is one for errors and analytics, not for installation. */
function unchosen(channel: TelemetryChannel, options: ChannelOptions): ChannelState {
  if (channel !== 'installation') return { mode: 'auto', reason: 'on_by_configuration' };
  return options.enable_telemetry === true
    ? { mode: 'auto', reason: 'on_by_environment' }
    : { mode: 'off', reason: 'not_chosen' };
}

function byChoice(mode: ChannelMode): ChannelState {
  const reasons = { off: 'switched_off', review: 'review_by_choice', auto: 'on_by_choice' } as const;
  return { mode, reason: reasons[mode] };
}
