import type { Config } from '../config/config.ts';
import type { Gateway, Sink, TelemetryChannel } from './channels.ts';
import type { Installation } from './installation.ts';

interface Parts {
  config: Readonly<Config>;
  installation: Pick<Installation, 'settled'>;
}

/** The sink of a channel whose destination is configured. Its code is loaded only now. */
export async function openSink(
  channel: TelemetryChannel,
  gateway: Gateway,
  { config, installation }: Parts,
): Promise<Sink> {
  const { sentry_dsn: dsn, tele_url, posthog_api_key: apiKey, posthog_host: host } = config;
  const onSettled = installation.settled;
  if (channel === 'errors' && dsn !== undefined) {
    const { createSentrySink } = await import('./sinks/sentry.ts');
    return createSentrySink({ dsn, gateway });
  }
  if (channel === 'installation' && tele_url !== undefined) {
    const { createTeleSink } = await import('./sinks/tele.ts');
    return createTeleSink({ url: tele_url, gateway, onSettled });
  }
  if (channel === 'errors' || apiKey === undefined || host === undefined)
    throw new Error(`the channel ${channel} has no destination`);
  const { createPosthogSink } = await import('./sinks/posthog.ts');
  const options = { channel, apiKey, host, gateway };
  return createPosthogSink(channel === 'installation' ? { ...options, onSettled } : options);
}

/** Keeps one open sink per channel. */
export function keepSinks(open: (channel: TelemetryChannel) => Promise<Sink>) {
  const kept = new Map<TelemetryChannel, Promise<Sink>>();
  return {
    open: (channel: TelemetryChannel): Promise<Sink> => {
      const sink = kept.get(channel) ?? open(channel);
      kept.set(channel, sink);
      return sink;
    },
    close: async (channel: TelemetryChannel): Promise<void> => {
      const sink = kept.get(channel);
      kept.delete(channel);
      await (await sink)?.close();
    },
  };
}
