import type { Deps } from '../deps.ts';
import { channelOffers } from '../features/setup/channel-offers.ts';
import type { ChannelChoice } from '../features/setup/setup.ts';
import { translatorOf } from '../i18n/translate.ts';
import { telemetryChannels } from '../telemetry/channels.ts';
import type { TelemetryChannel } from '../telemetry/channels.ts';
import { fail } from './open-deps.ts';

/** The setup's step "what leaves this server", without a browser: for the first administrator. */

type Ask = (question: string) => Promise<string>;
type Offer = Awaited<ReturnType<typeof channelOffers>>[number];
interface Chosen {
  choices: ChannelChoice[];
  offered: Offer[];
}

const t = translatorOf('en');

/** The channels that `--send` names; a name that is none ends the command. Undefined without the argument. */
export function channelsNamed(send: string | undefined): TelemetryChannel[] | undefined {
  const names = send?.split(',').map((name) => name.trim());
  return names
    ?.filter((name) => name !== '' && name !== 'none')
    .map((name) => {
      const channel = telemetryChannels.find((one) => one === name);
      return channel ?? fail(`--send takes ${telemetryChannels.join(', ')} or none; nothing was changed`);
    });
}

/**
 * Shows every channel that has a destination, and learns what may leave by it: from `--send`, else from whoever sits
 * at the terminal, else nothing may.
 *
 * @param ask - undefined where there is no terminal.
 */
export async function chooseChannels(
  deps: Deps,
  named: readonly TelemetryChannel[] | undefined,
  ask: Ask | undefined,
): Promise<Chosen> {
  const all = await channelOffers(deps, t, { showsSample: true });
  const impossible = all.find(({ channel, obstacle }) => obstacle !== null && named?.includes(channel));
  if (impossible?.obstacle) {
    fail(`--send ${impossible.channel}: ${t(`telemetry.reason.${impossible.obstacle}`)} Nothing was changed`);
  }
  const offered = all.filter(({ offer }) => offer !== null);
  const choices: ChannelChoice[] = [];
  for (const one of offered) {
    process.stdout.write(`\n${wordsOf(one)}\n`);
    // ENABLE_TELEMETRY=true is an answer already, and is written down as one.
    if (named === undefined && isAnswered(one.channel, deps)) continue;
    const isWanted = named?.includes(one.channel) ?? (ask === undefined ? false : await isAgreed(one, ask));
    choices.push({ channel: one.channel, mode: isWanted ? 'auto' : 'off' });
  }
  return { choices, offered };
}

const isAnswered = (channel: TelemetryChannel, { config }: Deps): boolean =>
  channel === 'installation' && config.enable_telemetry === true;

const wordsOf = ({ channel, name, offer }: Offer): string =>
  [
    t('setup.leaves_send', { channel: name, host: offer?.host ?? '' }),
    t(`telemetry.purpose.${channel}`),
    t(channel === 'installation' ? 'telemetry.never_installation' : 'telemetry.never'),
  ].join('\n  ');

/** Only a yes is one; a question mark shows the fields and a sample, and asks again. */
async function isAgreed(offered: Offer, ask: Ask): Promise<boolean> {
  for (;;) {
    const answer = (await ask(`  May it leave? [y/N, ? shows what exactly] `)).trim().toLowerCase();
    if (answer !== '?') return answer === 'y' || answer === 'yes';
    process.stdout.write(`${detailsOf(offered)}\n`);
  }
}

function detailsOf({ offer }: Offer): string {
  if (offer === null) return '';
  const { around, events } = offer.contents;
  const fields = [...around, ...events.flatMap((event) => [event, ...event.properties])];
  const lines = fields.map(({ name, words }) => `    ${name}: ${words}`);
  return [...lines, `  ${t('setup.leaves_sample')}:`, offer.sample ?? ''].join('\n');
}

/** What holds after the choices were written, as sentences. */
export function summaryOf({ telemetry }: Deps, offered: readonly Offer[]): string[] {
  if (offered.length === 0) return [];
  const lines = offered.map(({ channel, name, offer }) => {
    const { mode, reason } = telemetry.consents.state(channel);
    const to = t('telemetry.to_host', { channel: name, host: offer?.host ?? '' });
    return `${to}: ${t(`telemetry.state.${mode}`)}. ${t(`telemetry.reason.${reason}`)}`;
  });
  return ['', ...lines, `${t('telemetry.title')}: change it at /admin/telemetry, at any time.`];
}
