import type { Deps } from '../../deps.ts';
import {
  catalogueHash,
  catalogueVersion,
  declarationOf,
  eventNames,
  leavingProperties,
  outwardFields,
} from '../../telemetry/catalogue.ts';
import { telemetryChannels } from '../../telemetry/channels.ts';
import type { TelemetryChannel } from '../../telemetry/channels.ts';
import { destinationOf } from './telemetry-channels.ts';

/**
 * Everything that the panel knows, as one JSON object in pieces: state, decisions and waiting payloads of each channel,
 * the catalogue, and at its end the ledger, which may be long.
 */
export async function* panelAsJson(deps: Deps, now: number): AsyncGenerator<string, void, undefined> {
  const { config, telemetry } = deps;
  const head = {
    generated_at: new Date(now).toISOString(),
    version: config.version,
    catalogue_version: catalogueVersion,
    catalogue_hash: catalogueHash(),
    catalogue: eventNames.map((name) => ({
      name,
      ...declarationOf(name),
      leaving_properties: leavingProperties(name),
    })),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"channels":[`;
  for (const [index, channel] of telemetryChannels.entries()) {
    if (index > 0) yield ',';
    yield* channelAsJson(deps, channel);
  }
  yield '],"ledger":[';
  let separator = '\n';
  for await (const line of telemetry.ledger.download({})) {
    yield separator + line.trimEnd();
    separator = ',\n';
  }
  yield '\n]}\n';
}

async function* channelAsJson(
  { config, telemetry }: Deps,
  channel: TelemetryChannel,
): AsyncGenerator<string> {
  const { consents, outbox, ledger } = telemetry;
  const head = {
    channel,
    ...telemetry.state(channel),
    destination: destinationOf(channel, config)?.host ?? null,
    totals: await ledger.totals(channel),
    fields: outwardFields(channel),
    uncovered: consents.uncovered(channel),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"decisions":[`;
  yield* rowsAsJson((page) => consents.history(channel, page));
  yield '],"waiting":[';
  yield* rowsAsJson((page) => outbox.list(channel, { page }));
  yield ']}';
}

/** Page by page: thousands of payloads may wait while a destination is down. */
async function* rowsAsJson(
  read: (page: number) => Promise<{ rows: object[]; total_pages: number }>,
): AsyncGenerator<string> {
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const found = await read(page);
    pages = found.total_pages;
    for (const [index, row] of found.rows.entries())
      yield (page === 1 && index === 0 ? '' : ',') + JSON.stringify(row);
  }
}
