import type { Deps } from '../../deps.ts';
import type { Translate } from '../../i18n/translate.ts';
import { telemetryChannels } from '../../telemetry/channels.ts';
import type { TelemetryChannel } from '../../telemetry/channels.ts';
import { decideChannel, obstacleOf } from '../../telemetry/consent.ts';
import { contentsOf, destinationOf, prettyBytes } from '../admin/telemetry-channels.ts';

/**
 * The channels as the setup offers them: what can be decided about with its destination, fields and a sample of this
 * very server (for those who need no setup code: it names this server's fingerprint), its key masked; the rest with the reason why nothing can leave by it.
 */
export async function channelOffers(deps: Deps, t: Translate, { showsSample }: { showsSample: boolean }) {
  const offers = [];
  for (const channel of telemetryChannels) offers.push(await channelOffer(deps, channel, { t, showsSample }));
  return offers;
}

async function channelOffer(
  { config, telemetry }: Deps,
  channel: TelemetryChannel,
  { t, showsSample }: { t: Translate; showsSample: boolean },
) {
  const name = t(`telemetry.channel.${channel}`);
  const obstacle = obstacleOf(channel, config);
  if (obstacle !== undefined) return { channel, name, obstacle, offer: null };
  const preview = showsSample ? await telemetry.preview(channel) : undefined;
  const offer = {
    host: destinationOf(channel, config)?.host ?? '',
    // What would hold if nobody decided, so that the page changes nothing by being sent as it is.
    is_on: decideChannel(channel, { options: config, choice: undefined, isSetUp: true }).mode !== 'off',
    contents: contentsOf(channel, [], t),
    sample: preview ? prettyBytes(withoutKey(preview.bytes)) : null,
  };
  return { channel, name, obstacle: null, offer };
}

/** Whoever sets the server up need not see the key of its project, and nor need who looks over their shoulder. */
const withoutKey = (bytes: string): string => bytes.replaceAll(/("api_key":")[^"]*/g, '$1***');
