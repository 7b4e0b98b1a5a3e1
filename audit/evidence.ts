import { gunzipSync } from 'node:zlib';
import { parseEnvelope } from '@sentry/core';
import type { Connection as Database } from '../src/db/connect.ts';
import type { TelemetryChannel } from '../src/telemetry/channels.ts';
import type { LedgerRow } from '../src/telemetry/ledger.queries.ts';
import { bytesOf, createLedger } from '../src/telemetry/ledger.ts';
import type { Leak } from './canaries.ts';
import type { Connection, Destination } from './internet.ts';

/** Every text that the bytes of a connection could be read as. */
export function readingsOf({ bytes, head, body }: Connection): string[] {
  const isPacked = /^content-encoding: gzip\r$/im.test(head);
  const unpacked = isPacked ? gunzipSync(body) : body;
  return [bytes.toString('utf8'), ...(isPacked ? [unpacked.toString('utf8')] : []), unquoted(unpacked)];
}

/** A mail's quoted-printable and base64 parts in plain. */
function unquoted(body: Buffer): string {
  const text = body.toString('latin1').replace(/=\r?\n/g, '');
  const plain = Buffer.from(
    text.replace(/=([0-9A-F]{2})/g, (_all, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    ),
    'latin1',
  ).toString('utf8');
  const blocks = text.match(/(?:^[A-Za-z0-9+/]{60,}={0,2}\r?\n)+(?:^[A-Za-z0-9+/]+={0,2}\r?$)?/gm) ?? [];
  return [plain, ...blocks.map((block) => Buffer.from(block, 'base64').toString('utf8'))].join('\n');
}

const maxBytes = { error: 2_500, event: 350 };

/** What is in an envelope, by the SDK's own parser: problems with its parts, and the purposes of its items. */
export function readEnvelope(body: Buffer): { problems: string[]; purposes: string[] } {
  const [header, items] = parseEnvelope(body);
  const problems = unknownKeys('envelope', header, ['event_id', 'sent_at', 'sdk']);
  const purposes = items.map(([itemHeader, payload]) => {
    const { type } = itemHeader;
    problems.push(...unknownKeys('item header', itemHeader, ['type', 'length', 'content_type']));
    problems.push(...unknownKeys('event', payload as object, eventKeys));
    return type;
  });
  if (body.length > maxBytes.error) problems.push(`a report of ${body.length} bytes`);
  return { problems, purposes };
}

const eventKeys = [
  ...[
    'event_id',
    'type',
    'platform',
    'timestamp',
    'start_timestamp',
    'level',
    'release',
    'environment',
    'sdk',
  ],
  ...['transaction', 'transaction_info', 'tags', 'user', 'exception', 'contexts', 'measurements', 'spans'],
];

const unknownKeys = (what: string, given: object, known: string[]): string[] =>
  Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => `${what} with ${key}`);

/** The same for a batch of product events. */
export function readBatch(body: Buffer): { problems: string[]; purposes: string[] } {
  const { batch, ...rest } = JSON.parse(body.toString('utf8')) as { batch: { event: string }[] };
  const problems = unknownKeys('batch', rest, ['api_key', 'sent_at', 'historical_migration']);
  for (const event of batch) {
    const size = Buffer.byteLength(JSON.stringify(event));
    if (size > maxBytes.event) problems.push(`an event of ${size} bytes: ${JSON.stringify(event)}`);
    problems.push(
      ...unknownKeys('event', event, [
        'uuid',
        'event',
        'distinct_id',
        'timestamp',
        'properties',
        'type',
        'library',
        'library_version',
      ]),
    );
  }
  return { problems, purposes: batch.map(({ event }) => event) };
}

/** Compares what came with what the ledger says left: each request, in its order, byte for byte. */
export async function compareWithLedger(
  { db }: Database,
  destinations: Partial<Record<TelemetryChannel | 'mail', Destination>>,
  from: number,
): Promise<string[]> {
  const verdict = await createLedger({ db, now: Date.now }).verify();
  const problems = verdict.ok ? [] : [`record ${verdict.ledger_id} of the ledger: ${verdict.problem}`];
  for (const [channel, destination] of Object.entries(destinations)) {
    const rows = await db
      .selectFrom('ledger')
      .selectAll()
      .where('kind', '=', 'request')
      .where('id', '>', from)
      .where('channel', '=', channel as TelemetryChannel)
      .orderBy('id')
      .execute();
    if (rows.length !== destination.connections.length)
      problems.push(`${channel}: ${rows.length} in the ledger, ${destination.connections.length} arrived`);
    // Two mails may overtake each other between the ledger and the wire.
    const unmatched = [...rows];
    for (const connection of destination.connections) {
      const at = unmatched.findIndex((row) => isSame(row, connection, destination.host));
      if (at < 0) problems.push(`${channel}: a request that the ledger does not have byte for byte`);
      else unmatched.splice(at, 1);
    }
  }
  return problems;
}

const mask = '********';

/** Keys in headers and secrets in mails are asterisks in the ledger; every other byte is the same. */
function isSame(row: LedgerRow, { head, body }: Connection, host: string): boolean {
  if (row.host !== host) return false;
  const kept = Buffer.from(bytesOf(row)).toString('latin1');
  const came = body.toString('latin1');
  if (row.head === null) return isMasked(kept.trimEnd(), came.trimEnd());
  const lines = head.split('\r\n');
  return (
    kept === came &&
    row.head.split('\r\n').every((line, index) => {
      const arrived = lines[index] ?? '';
      return line.endsWith(mask) ? arrived.startsWith(line.slice(0, -mask.length)) : line === arrived;
    }) &&
    lines.length === row.head.split('\r\n').length
  );
}

const isMasked = (kept: string, came: string): boolean =>
  kept.length === came.length && [...kept].every((letter, at) => letter === '*' || letter === came[at]);

/** Leaks by kind and place, once each, as lines. */
export function linesOf(leaks: Leak[]): string[] {
  const counts = new Map<string, number>();
  for (const { kind, form, where } of leaks) {
    const line = `${where}: canary "${kind}" (${form})`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line}, ${count} times`));
}
