import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../db/connect.ts';
import type { Channel } from '../db/schema.ts';
import type { LedgerFilter, LedgerOutcome, LedgerRow, LedgerTotals, Link } from './ledger.queries.ts';
import {
  countRequests,
  deleteUpTo,
  findEnds,
  findLastOlder,
  findRecord,
  findSmallestId,
  findTotals,
  insertRecord,
  listAnswers,
  listChain,
  listFiltered,
  listHosts,
  listRequests,
  lockLastLink,
} from './ledger.queries.ts';

/** What is about to leave. */
export interface LedgerRequest {
  channel: Channel;
  purpose: string;
  consent_id: number | null;
  /** Host and port. */
  host: string;
  /** Request line and headers, keys masked; null where the protocol is not HTTP. */
  head: string | null;
  body: Uint8Array;
  people: readonly number[];
}

/** What came back: `status` null says that no answer came, and `problem` why. */
export interface LedgerAnswer {
  status: number | null;
  problem: string | null;
  body: Uint8Array;
}

/** A request with its answer, as the pages show it. */
export interface LedgerEntry {
  request: LedgerRow;
  answer: LedgerRow | undefined;
  outcome: LedgerOutcome;
}

export type Verdict =
  | { ok: true; count: number; last: Link }
  | {
      ok: false;
      /** The record that is wrong, or, of one that is missing, the id it had. */
      ledger_id: number;
      /**
       * hash: a column of the record was changed. body: its bytes were. previous_hash: it does not follow from the record
       * before it, so one of the two was exchanged. missing: it was deleted. end: the chain does not end, or begin, where
       * the server last left it.
       */
      problem: 'hash' | 'previous_hash' | 'body' | 'missing' | 'end';
    };

/** The record of what left this server: appended to, verified, shown; never changed. */
export interface Ledger {
  /** Writes a request down; resolves when it is durable, and only then may its first byte leave. Gives its id. */
  append(request: LedgerRequest): Promise<number>;
  /** Writes down what became of a request, as a record of its own. */
  answer(request_id: number, answer: LedgerAnswer): Promise<void>;
  /** Fifty requests a page, newest first, with their answers. `page` counts from 1. */
  list(filter: LedgerFilter & { page: number }): Promise<{ entries: LedgerEntry[]; total_pages: number }>;
  find(id: number): Promise<LedgerEntry | undefined>;
  hosts(): Promise<string[]>;
  /** Reads the whole chain, or from a record on, and says what is wrong first. Other work goes on meanwhile. */
  verify(options?: { from?: number }): Promise<Verdict>;
  /** Requests of the filter and their answers, one JSON object a line, every column as it is hashed. */
  download(filter: LedgerFilter): AsyncGenerator<string, void, undefined>;
  totals(channel: Channel): Promise<LedgerTotals>;
  /** Forgets what is older than the moment (epoch ms); the rest of the chain can still be verified. */
  removeOlder(before: number): Promise<number>;
}

export const ledgerPageRows = 50;
/** Bodies may be tens of kilobytes each. */
const chainPageRows = 100;
const removedAtOnce = 500;

export function createLedger({ db, now }: { db: Db; now: () => number }): Ledger {
  return {
    append: (request) => appendRequest(db, now, request),
    answer: (request_id, answer) => appendAnswer(db, now, request_id, answer),
    list: (filter) => listEntries(db, filter),
    find: async (id) => {
      const request = await findRecord(db, id);
      return request?.kind === 'request' ? (await withAnswers(db, [request]))[0] : undefined;
    },
    hosts: () => listHosts(db),
    verify: ({ from } = {}) => verifyChain(db, from),
    download: (filter) => linesOf(db, filter),
    totals: (channel) => findTotals(db, channel),
    removeOlder: (before) => removeOlder(db, before),
  };
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** Text where the bytes are text that both databases keep as it is, else base64. */
function stored(bytes: Uint8Array): Pick<LedgerRow, 'body' | 'body_encoding'> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // PostgreSQL refuses a zero character in a text.
  return isUtf8(buffer) && !buffer.includes(0)
    ? { body: buffer.toString('utf8'), body_encoding: 'utf8' }
    : { body: buffer.toString('base64'), body_encoding: 'base64' };
}

/** The exact bytes of a record; none of an answer. */
export const bytesOf = ({ body, body_encoding }: Pick<LedgerRow, 'body' | 'body_encoding'>): Uint8Array =>
  Buffer.from(body ?? '', body_encoding);

/** The hash of a record over the one before it: the body counts by its own hash, so that it can be checked apart. */
export function hashOf(row: Omit<LedgerRow, 'hash'>): string {
  const { id, kind, at, channel, purpose, consent_id, host, head, byte_count, body_sha256 } = row;
  const { body_encoding, request_id, status, problem, previous_hash } = row;
  // The names in the order of the alphabet: that is what makes it canonical.
  const columns = {
    ...{ at, body_encoding, body_sha256, byte_count, channel, consent_id, head, host, id, kind },
    ...{ problem, purpose, request_id, status },
  };
  return sha256(`${previous_hash}\n${JSON.stringify(columns)}`);
}

type Unchained = Omit<LedgerRow, 'id' | 'previous_hash' | 'hash'>;

/** Ids have no gaps, unlike those a database gives out: a record that was deleted leaves a hole that shows. */
async function append(db: Db, record: Unchained, people: readonly number[]): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const last = await lockLastLink(trx);
    const row = { ...record, id: last.ledger_id + 1, previous_hash: last.hash };
    await insertRecord(trx, { ...row, hash: hashOf(row) }, people);
    return row.id;
  });
}

async function appendRequest(db: Db, now: () => number, request: LedgerRequest): Promise<number> {
  const { body, people, ...columns } = request;
  const record: Unchained = {
    ...{ ...columns, kind: 'request', at: now(), byte_count: body.byteLength, body_sha256: sha256(body) },
    ...{ ...stored(body), request_id: null, status: null, problem: null },
  };
  return append(db, record, [...new Set(people)]);
}

async function appendAnswer(
  db: Db,
  now: () => number,
  request_id: number,
  { status, problem, body }: LedgerAnswer,
): Promise<void> {
  const request = await findRecord(db, request_id);
  if (request === undefined) throw new Error('an answer to a request that is not in the ledger');
  const { channel, purpose, consent_id, host } = request;
  const record: Unchained = {
    ...{
      kind: 'answer',
      at: now(),
      channel,
      purpose,
      consent_id,
      host,
      head: null,
      request_id,
      status,
      problem,
    },
    ...{ byte_count: body.byteLength, body_sha256: sha256(body), body: null, body_encoding: 'utf8' },
  };
  await append(db, record, []);
}

async function listEntries(
  db: Db,
  { page, ...filter }: LedgerFilter & { page: number },
): Promise<{ entries: LedgerEntry[]; total_pages: number }> {
  const rows = await listRequests(db, filter, {
    limit: ledgerPageRows,
    offset: (page - 1) * ledgerPageRows,
  });
  const count = await countRequests(db, filter);
  return {
    entries: await withAnswers(db, rows),
    total_pages: Math.max(1, Math.ceil(count / ledgerPageRows)),
  };
}

async function withAnswers(db: Db, requests: LedgerRow[]): Promise<LedgerEntry[]> {
  const answers = await listAnswers(
    db,
    requests.map(({ id }) => id),
  );
  const byRequest = new Map(answers.map((answer) => [answer.request_id, answer]));
  return requests.map((request) => {
    const answer = byRequest.get(request.id);
    return { request, answer, outcome: outcomeOf(answer) };
  });
}

function outcomeOf(answer: LedgerRow | undefined): LedgerOutcome {
  if (answer === undefined) return 'unanswered';
  return answer.status !== null && answer.status >= 200 && answer.status < 300 ? 'delivered' : 'failed';
}

async function* linesOf(db: Db, filter: LedgerFilter): AsyncGenerator<string, void, undefined> {
  let after_id = 0;
  for (;;) {
    const rows = await listFiltered(db, filter, { after_id, limit: chainPageRows });
    for (const row of rows) yield `${JSON.stringify(row)}\n`;
    if (rows.length < chainPageRows) return;
    after_id = rows.at(-1)?.id ?? after_id;
    await nextTurn();
  }
}

async function removeOlder(db: Db, before: number): Promise<number> {
  let removed = 0;
  // In small transactions: one of a year's records would hold up every request that writes.
  for (;;) {
    const link = await findLastOlder(db, before, removedAtOnce);
    if (link === undefined) return removed;
    removed += await db.transaction().execute((trx) => deleteUpTo(trx, link));
    await nextTurn();
  }
}

type Problem = (Verdict & { ok: false })['problem'];
const wrong = (ledger_id: number, problem: Problem): Verdict => ({ ok: false, ledger_id, problem });

async function verifyChain(db: Db, from: number | undefined): Promise<Verdict> {
  const start = await startOf(db, from);
  if ('ok' in start) return start;
  let previous = start;
  let count = 0;
  for (;;) {
    const rows = await listChain(db, previous.ledger_id, chainPageRows);
    for (const row of rows) {
      // Perhaps only removed for its age a moment ago: that is asked below.
      if (row.id !== previous.ledger_id + 1) break;
      const problem = problemOf(row, previous);
      if (problem !== undefined) return wrong(row.id, problem);
      previous = { ledger_id: row.id, hash: row.hash };
      count += 1;
    }
    await nextTurn();
    if (rows.length > 0 && rows.at(-1)?.id === previous.ledger_id) continue;
    const { first, last } = await findEnds(db);
    if (first.ledger_id > previous.ledger_id) previous = first;
    else if (rows.length > 0) return wrong(previous.ledger_id + 1, 'missing');
    else if (last.ledger_id <= previous.ledger_id) return verdictAtEnd(previous, last, count);
    // Somebody may have appended since this page was read.
    else if ((await listChain(db, previous.ledger_id, 1)).length === 0)
      return wrong(previous.ledger_id + 1, 'end');
  }
}

/** What the first record to check must stand on. */
async function startOf(db: Db, from: number | undefined): Promise<Link | Verdict> {
  const { first } = await findEnds(db);
  const smallest = await findSmallestId(db);
  if (smallest !== null && smallest <= first.ledger_id) return wrong(smallest, 'end');
  if (from === undefined || from <= first.ledger_id + 1) return first;
  const before = await findRecord(db, from - 1);
  return before ? { ledger_id: before.id, hash: before.hash } : wrong(from - 1, 'missing');
}

function problemOf(row: LedgerRow, previous: Link): Problem | undefined {
  if (row.previous_hash !== previous.hash) return 'previous_hash';
  if (row.hash !== hashOf(row)) return 'hash';
  return isBodyTrue(row) ? undefined : 'body';
}

/** The bytes of an answer are not kept, only their number and hash. */
function isBodyTrue(row: LedgerRow): boolean {
  if (row.kind === 'answer') return row.body === null;
  const bytes = bytesOf(row);
  return row.body !== null && bytes.byteLength === row.byte_count && sha256(bytes) === row.body_sha256;
}

function verdictAtEnd(previous: Link, last: Link, count: number): Verdict {
  if (last.ledger_id < previous.ledger_id) return wrong(last.ledger_id + 1, 'end');
  return last.hash === previous.hash ? { ok: true, count, last: previous } : wrong(previous.ledger_id, 'end');
}
