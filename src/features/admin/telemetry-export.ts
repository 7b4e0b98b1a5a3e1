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
  const channels: object[] = [];
  for (const channel of telemetryChannels) channels.push(await channelAsJson(deps, channel));
  const head = {
    generated_at: new Date(now).toISOString(),
    version: config.version,
    catalogue_version: catalogueVersion,
    catalogue_hash: catalogueHash(),
    channels,
    catalogue: eventNames.map((name) => ({
      name,
      ...declarationOf(name),
      leaving_properties: leavingProperties(name),
    })),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"ledger":[`;
  let separator = '\n';
  for await (const line of telemetry.ledger.download({})) {
    yield separator + line.trimEnd();
    separator = ',\n';
  }
  yield '\n]}\n';
}

async function channelAsJson({ config, telemetry }: Deps, channel: TelemetryChannel): Promise<object> {
  const { consents, outbox, ledger } = telemetry;
  return {
    channel,
    ...telemetry.state(channel),
    destination: destinationOf(channel, config)?.host ?? null,
    totals: await ledger.totals(channel),
    fields: outwardFields(channel),
    uncovered: consents.uncovered(channel),
    decisions: await all((page) => consents.history(channel, page)),
    waiting: await all((page) => outbox.list(channel, { page })),
  };
}

async function all<Row>(
  read: (page: number) => Promise<{ rows: Row[]; total_pages: number }>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const found = await read(page);
    pages = found.total_pages;
    rows.push(...found.rows);
  }
  return rows;
}
