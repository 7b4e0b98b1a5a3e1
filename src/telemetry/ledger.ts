import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Db } from '../db/connect.ts';
import type { Channel } from '../db/schema.ts';
import type {
  LedgerFilter,
  LedgerOutcome,
  LedgerRow,
  LedgerTotals,
  Link,
  Stretch,
} from './ledger.queries.ts';
import {
  beginning,
  deleteUpTo,
  findEnds,
  findLastOlder,
  findRecord,
  findSmallestId,
  findTotals,
  findWholeStretch,
  insertRecord,
  listAnswers,
  listChain,
  listFilteredIds,
  listHosts,
  listPeopleOf,
  listRecords,
  listRequestIds,
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

/** A place in a list: what is older than one record, or what is newer than one. Neither is the newest of all. */
export interface LedgerPlace {
  before_id?: number | undefined;
  after_id?: number | undefined;
}

/** Some of a list. It is not counted: that takes as long as the ledger is. */
export interface LedgerPage {
  entries: LedgerEntry[];
  /** The next place in each direction; undefined at the end. */
  newer: LedgerPlace | undefined;
  older: LedgerPlace | undefined;
}

/** What is not there any more because of its age, as the newest removal says. */
export interface Removed {
  /** The newest record that went; all before it went too. */
  ledger_id: number;
  /** When, in epoch milliseconds. */
  at: number;
  /** It was older than this. */
  keep_ms: number;
}

export type Verdict =
  | { ok: true; count: number; last: Link; removed: Removed | null }
  | {
      ok: false;
      /** The record that is wrong, or, of one that is missing, the id it had. */
      ledger_id: number;
      /**
       * hash: a column of the record was changed. body: its bytes were. previous_hash: it does not follow from the record
       * before it, so one of the two was exchanged. people: whom it is about was changed. missing: it was deleted. end: the
       * chain does not end where the server last left it. removal: it, and what stood before it, was removed otherwise
       * than for its age.
       */
      problem: 'hash' | 'previous_hash' | 'body' | 'people' | 'missing' | 'end' | 'removal';
    };

/** The record of what left this server: appended to, verified, shown; never changed. */
export interface Ledger {
  /** Writes a request down; resolves when it is durable, and only then may its first byte leave. Gives its id. */
  append(request: LedgerRequest): Promise<number>;
  /** Writes down what became of a request, as a record of its own. */
  answer(request_id: number, answer: LedgerAnswer): Promise<void>;
  /** Fifty requests, newest first, with their answers: the newest of all, or those next to a place. */
  list(filter: LedgerFilter, place?: LedgerPlace): Promise<LedgerPage>;
  find(id: number): Promise<LedgerEntry | undefined>;
  hosts(): Promise<string[]>;
  /** Reads the whole chain, or from a record on, and says what is wrong first. Other work goes on meanwhile. */
  verify(options?: { from?: number }): Promise<Verdict>;
  /** Requests of the filter and their answers, one JSON object a line, every column as it is hashed. */
  download(filter: LedgerFilter): AsyncGenerator<string, void, undefined>;
  totals(channel: Channel): Promise<LedgerTotals>;
  /**
   * Forgets what is older than the moment (epoch ms), and appends a record of that. The rest of the chain can still be
   * verified. Gives how many records went.
   */
  removeOlder(before: number): Promise<number>;
}

export const ledgerPageRows = 50;
/** Bodies may be tens of kilobytes each. */
const chainPageRows = 100;
/** Records that one statement looks through for a filter: however few match, other work waits no longer than that. */
const lookedThroughAtOnce = 4_000;
const removedAtOnce = 500;
/** The least that LEDGER_KEEP_DAYS can be: nothing younger is ever removed. */
const shortestKeepMs = 86_400_000;

export function createLedger({ db, now }: { db: Db; now: () => number }): Ledger {
  return {
    append: (request) => appendRequest(db, now, request),
    answer: (request_id, answer) => appendAnswer(db, now, request_id, answer),
    list: (filter, place = {}) => listEntries(db, filter, place),
    find: async (id) => {
      const request = await findRecord(db, id);
      return request?.kind === 'request' ? (await withAnswers(db, [request]))[0] : undefined;
    },
    hosts: () => listHosts(db),
    verify: ({ from } = {}) => verifyChain(db, from),
    download: (filter) => linesOf(db, filter),
    totals: (channel) => findTotals(db, channel),
    removeOlder: (before) => removeOlder(db, now, before),
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
  const { body_encoding, people_sha256, request_id, status, problem, previous_hash } = row;
  // The names in the order of the alphabet: that is what makes it canonical.
  const columns = {
    ...{ at, body_encoding, body_sha256, byte_count, channel, consent_id, head, host, id, kind },
    ...{ people_sha256, problem, purpose, request_id, status },
  };
  return sha256(`${previous_hash}\n${JSON.stringify(columns)}`);
}

const peopleHash = (ids: readonly number[]): string => sha256(JSON.stringify(ids));

type Unchained = Omit<LedgerRow, 'id' | 'people_sha256' | 'previous_hash' | 'hash'>;

async function append(db: Db, record: Unchained, people: readonly number[]): Promise<number> {
  return db.transaction().execute(async (trx) => appendTo(trx, await lockLastLink(trx), { record, people }));
}

/** Ids have no gaps, unlike those a database gives out: a record that was deleted leaves a hole that shows. */
async function appendTo(
  trx: Parameters<typeof insertRecord>[0],
  last: Link,
  { record, people }: { record: Unchained; people: readonly number[] },
): Promise<number> {
  const ids = [...new Set(people)].sort((one, other) => one - other);
  const chained = { id: last.ledger_id + 1, people_sha256: peopleHash(ids), previous_hash: last.hash };
  const row = { ...record, ...chained };
  await insertRecord(trx, { ...row, hash: hashOf(row) }, ids);
  return row.id;
}

async function appendRequest(db: Db, now: () => number, request: LedgerRequest): Promise<number> {
  const { body, people, ...columns } = request;
  const record: Unchained = {
    ...{ ...columns, kind: 'request', at: now(), byte_count: body.byteLength, body_sha256: sha256(body) },
    ...{ ...stored(body), request_id: null, status: null, problem: null },
  };
  return append(db, record, people);
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

async function listEntries(db: Db, filter: LedgerFilter, place: LedgerPlace): Promise<LedgerPage> {
  const isUp = place.after_id !== undefined;
  const found = await findIds(db, filter, place);
  const isMore = found.length > ledgerPageRows;
  const ids = found.slice(0, ledgerPageRows).sort((one, other) => other - one);
  const [newest, oldest] = [ids[0], ids.at(-1)];
  const rows = await listRecords(db, ids);
  const isNewer = newest !== undefined && (isUp ? isMore : place.before_id !== undefined);
  const isOlder = oldest !== undefined && (isUp || isMore);
  return {
    entries: await withAnswers(db, rows.reverse()),
    newer: isNewer ? { after_id: newest } : undefined,
    older: isOlder ? { before_id: oldest } : undefined,
  };
}

/** Ids of a page, and of one more when there is one; from the place on, a stretch at a time. */
async function findIds(
  db: Db,
  filter: LedgerFilter,
  { before_id, after_id }: LedgerPlace,
): Promise<number[]> {
  const from_end = after_id === undefined ? 'newer' : 'older';
  const whole = await findWholeStretch(db);
  const left: Stretch = {
    after_id: Math.max(whole.after_id, after_id ?? 0),
    before_id: Math.min(whole.before_id, before_id ?? whole.before_id),
  };
  const ids: number[] = [];
  while (left.before_id - left.after_id > 1 && ids.length <= ledgerPageRows) {
    const part = { ...left };
    // What is about one person is found from the person on: no stretch is looked through.
    const length = filter.user_id === undefined ? lookedThroughAtOnce : Infinity;
    if (from_end === 'newer') part.after_id = Math.max(left.after_id, left.before_id - length);
    else part.before_id = Math.min(left.before_id, left.after_id + length);
    const limit = ledgerPageRows + 1 - ids.length;
    ids.push(...(await listRequestIds(db, filter, { ...part, from_end, limit })));
    if (from_end === 'newer') left.before_id = part.after_id + 1;
    else left.after_id = part.before_id - 1;
    await nextTurn();
  }
  return ids;
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
  const isAll = Object.values(filter).every((value) => value === undefined);
  for await (const rows of isAll ? chainOf(db) : filteredOf(db, filter))
    for (const row of rows) yield `${JSON.stringify(row)}\n`;
}

async function* chainOf(db: Db): AsyncGenerator<LedgerRow[], void, undefined> {
  let after_id = 0;
  for (;;) {
    const rows = await listChain(db, after_id, chainPageRows);
    yield rows;
    if (rows.length < chainPageRows) return;
    after_id = rows.at(-1)?.id ?? after_id;
    await nextTurn();
  }
}

async function* filteredOf(db: Db, filter: LedgerFilter): AsyncGenerator<LedgerRow[], void, undefined> {
  const whole = await findWholeStretch(db);
  for (let after_id = whole.after_id; after_id + 1 < whole.before_id; after_id += lookedThroughAtOnce - 1) {
    const before_id = Math.min(whole.before_id, after_id + lookedThroughAtOnce);
    const ids = await listFilteredIds(db, filter, { after_id, before_id });
    for (let start = 0; start < ids.length; start += chainPageRows) {
      yield await listRecords(db, ids.slice(start, start + chainPageRows));
      await nextTurn();
    }
    await nextTurn();
  }
}

async function removeOlder(db: Db, now: () => number, before: number): Promise<number> {
  let removed = 0;
  // In small transactions: one of a year's records would hold up every request that writes.
  for (;;) {
    const count = await db.transaction().execute(async (trx) => {
      const last = await lockLastLink(trx);
      const newest = await findLastOlder(trx, { before, now: now() }, removedAtOnce);
      if (newest === undefined) return 0;
      const gone = await deleteUpTo(trx, newest);
      const record = removalOf(newest, { count: gone, before, at: now() });
      await appendTo(trx, last, { record, people: [] });
      return gone;
    });
    if (count === 0) return removed;
    removed += count;
    await nextTurn();
  }
}

/** What the body of a removal says. The columns of the newest record that went prove, by their hash, how old it was. */
interface Removal {
  count: number;
  before: number;
  newest: Omit<LedgerRow, 'body'>;
}

function removalOf(
  { body: _forgotten, ...newest }: LedgerRow,
  { count, before, at }: { count: number; before: number; at: number },
): Unchained {
  const removal: Removal = { count, before, newest };
  const body = Buffer.from(JSON.stringify(removal));
  return {
    ...{ kind: 'removal', at, channel: 'ledger', purpose: 'retention', consent_id: null, host: '' },
    ...{ head: null, byte_count: body.byteLength, body_sha256: sha256(body), ...stored(body) },
    ...{ request_id: null, status: null, problem: null },
  };
}

/** The record that a removal says it went up to, if that one was as old as the shortest retention there is. */
function removedBy({ at, body }: LedgerRow): (Removed & Link) | undefined {
  const { before, newest } = JSON.parse(body ?? '') as Removal;
  const isOld = newest.at < before && before <= at - shortestKeepMs;
  const isTrue = newest.hash === hashOf({ ...newest, body: null });
  return isOld && isTrue ? { ledger_id: newest.id, hash: newest.hash, at, keep_ms: at - before } : undefined;
}

type Problem = (Verdict & { ok: false })['problem'];
const wrong = (ledger_id: number, problem: Problem): Verdict => ({ ok: false, ledger_id, problem });

async function verifyChain(db: Db, from: number | undefined): Promise<Verdict> {
  const start = await startOf(db, from);
  if ('ok' in start) return start;
  const read: Read = { previous: start, count: 0, removal: undefined };
  for (;;) {
    const rows = await listChain(db, read.previous.ledger_id, chainPageRows);
    const problem = await readPage(db, rows, read);
    if (problem) return problem;
    await nextTurn();
    const { previous } = read;
    if (rows.length > 0 && rows.at(-1)?.id === previous.ledger_id) continue;
    const { first, last } = await findEnds(db);
    if (first.ledger_id > previous.ledger_id) read.previous = first;
    else if (rows.length > 0) return wrong(previous.ledger_id + 1, 'missing');
    else if (last.ledger_id <= previous.ledger_id)
      return isBeginningTrue(read, first, from)
        ? verdictAtEnd(read, last)
        : wrong(first.ledger_id, 'removal');
    // Somebody may have appended since this page was read.
    else if ((await listChain(db, previous.ledger_id, 1)).length === 0)
      return wrong(previous.ledger_id + 1, 'end');
  }
}

/** How far verification has come, and the newest removal on the way. */
interface Read {
  previous: Link;
  count: number;
  removal: (Removed & Link) | undefined;
}

/** Checks the records of a page, one after the other, up to one that does not follow by its number. */
async function readPage(db: Db, rows: readonly LedgerRow[], read: Read): Promise<Verdict | undefined> {
  const people = await listPeopleOf(
    db,
    rows.map(({ id }) => id),
  );
  for (const row of rows) {
    // Perhaps only removed for its age a moment ago: the caller asks that.
    if (row.id !== read.previous.ledger_id + 1) return undefined;
    const problem = problemOf(row, read.previous, people.get(row.id) ?? []);
    // Removed between the two reads, and its people with it.
    if (problem === 'people' && !(await findRecord(db, row.id))) return undefined;
    if (problem !== undefined) return wrong(row.id, problem);
    read.previous = { ledger_id: row.id, hash: row.hash };
    read.count += 1;
    if (row.kind !== 'removal') continue;
    read.removal = removedBy(row);
    if (read.removal === undefined) return wrong(row.id, 'removal');
  }
  return undefined;
}

/** What is gone from the start must be what the newest removal says. Not asked of a part of the chain. */
function isBeginningTrue({ removal }: Read, first: Link, from: number | undefined): boolean {
  if (from !== undefined && from > first.ledger_id + 1) return true;
  const { ledger_id, hash } = removal ?? beginning;
  return first.ledger_id === ledger_id && first.hash === hash;
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

function problemOf(row: LedgerRow, previous: Link, people: readonly number[]): Problem | undefined {
  if (row.previous_hash !== previous.hash) return 'previous_hash';
  if (row.hash !== hashOf(row)) return 'hash';
  if (!isBodyTrue(row)) return 'body';
  return row.people_sha256 === peopleHash(people) ? undefined : 'people';
}

/** The bytes of an answer are not kept, only their number and hash. */
function isBodyTrue(row: LedgerRow): boolean {
  if (row.kind === 'answer') return row.body === null;
  const bytes = bytesOf(row);
  return row.body !== null && bytes.byteLength === row.byte_count && sha256(bytes) === row.body_sha256;
}

function verdictAtEnd({ previous, count, removal }: Read, last: Link): Verdict {
  if (last.ledger_id < previous.ledger_id) return wrong(last.ledger_id + 1, 'end');
  if (last.hash !== previous.hash) return wrong(previous.ledger_id, 'end');
  if (!removal) return { ok: true, count, last: previous, removed: null };
  const { ledger_id, at, keep_ms } = removal;
  return { ok: true, count, last: previous, removed: { ledger_id, at, keep_ms } };
}
