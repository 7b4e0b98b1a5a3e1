import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/schema.ts';
import type { LedgerRow } from '../../src/telemetry/ledger.queries.ts';
import type { LedgerPage, LedgerPlace, Verdict } from '../../src/telemetry/ledger.ts';
import { bytesOf, createLedger, hashOf, ledgerPageRows } from '../../src/telemetry/ledger.ts';
import { runCommand } from '../support/command.ts';
import type { LedgerDatabase } from './ledger-database.ts';
import { openLedgerDatabase } from './ledger-database.ts';
import { fill, requestOf } from './ledger-records.ts';

const dayMs = 86_400_000;
const rowsOf = ({ connection }: LedgerDatabase): Promise<LedgerRow[]> =>
  connection.db.selectFrom('ledger').selectAll().orderBy('id').execute();

describe('appending', () => {
  it('keeps the exact bytes, whatever they are', async () => {
    const { ledger } = await openLedgerDatabase();
    const bodies = [
      Buffer.from(''),
      Buffer.from('{"a":1}\n'),
      Buffer.from('Ωκεανός 🧭 \u2028\r\n\t"\\'),
      Buffer.from('\ufeffwith a mark of byte order'),
      Buffer.from('zero \0 inside'),
      Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28]),
      Buffer.alloc(300_000, 'ü'),
    ];
    for (const body of bodies) {
      const id = await ledger.append(requestOf({ body }));
      const entry = await ledger.find(id);
      expect(entry && Buffer.compare(bytesOf(entry.request), body)).toBe(0);
      expect(entry?.request.byte_count).toBe(body.byteLength);
    }
    expect(await ledger.verify()).toMatchObject({ ok: true, count: bodies.length });
  });

  it('writes the answer as a record of its own, with the bytes that came in only counted', async () => {
    const { ledger, clock } = await openLedgerDatabase();
    const id = await ledger.append(requestOf({ people: [3, 3, 5] }));
    expect(await ledger.find(id)).toMatchObject({ outcome: 'unanswered', answer: undefined });
    clock.now += 1000;
    await ledger.answer(id, { status: null, problem: 'timeout', body: Buffer.from('partly') });
    const entry = await ledger.find(id);
    expect(entry).toMatchObject({
      outcome: 'failed',
      request: { id, channel: 'analytics', status: null, previous_hash: '0'.repeat(64) },
      answer: {
        kind: 'answer',
        request_id: id,
        problem: 'timeout',
        byte_count: 6,
        body: null,
        consent_id: 7,
      },
    });
    expect(entry?.answer?.previous_hash).toBe(entry?.request.hash);
    expect((entry?.answer?.at ?? 0) - (entry?.request.at ?? 0)).toBe(1000);
    await expect(ledger.answer(99, { status: 200, problem: null, body: Buffer.from('') })).rejects.toThrow(
      'not in the ledger',
    );
  });

  it('makes one chain of what two processes append at the same time', async () => {
    const database = await openLedgerDatabase();
    const file = join(import.meta.dirname, 'fixtures', 'append-many.ts');
    const children = ['one', 'two'].map((PURPOSE) =>
      spawn(process.execPath, [file], {
        env: { ...database.environment, REQUESTS: '100', PURPOSE },
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    const ends = Promise.all(children.map((child) => new Promise((resolve) => child.once('close', resolve))));
    let ended = false;
    void ends.then(() => (ended = true));
    let own = 0;
    // As long as they do, so that the three meet however long a process takes to start.
    for (; !ended; own += 1) {
      await fill(database.ledger, 1, 'own');
      await sleep(1);
    }
    expect(await ends).toEqual([0, 0]);
    expect(await database.ledger.verify()).toMatchObject({ ok: true, count: 2 * (own + 200) });
    const rows = await rowsOf(database);
    const turns = rows.filter(({ purpose }, index) => purpose !== rows[index - 1]?.purpose);
    expect(turns.length).toBeGreaterThan(3);
  }, 60_000);

  it('of several at once in one process waits in turn, and one that fails leaves no hole', async () => {
    const { ledger } = await openLedgerDatabase();
    const appended = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        ledger.append(requestOf({ channel: (index === 7 ? null : 'mail') as 'mail' })),
      ),
    );
    expect(appended.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 19 });
  });
});

describe('the chain', () => {
  let database: LedgerDatabase;
  beforeAll(async () => {
    database = await openLedgerDatabase();
    await fill(database.ledger, 4);
  });

  type Trx = Transaction<Database>;
  /** What verification says after somebody with access to the database did this; it is undone again. */
  async function verdictAfter(tamper: (trx: Trx) => Promise<unknown>, from?: number): Promise<Verdict> {
    const { db } = database.connection;
    const trx = await db.startTransaction().execute();
    try {
      await tamper(trx);
      return await createLedger({ db: trx, now: Date.now }).verify(from === undefined ? {} : { from });
    } finally {
      await trx.rollback().execute();
    }
  }
  const set = (id: number, values: Partial<LedgerRow>) => (trx: Trx) =>
    trx.updateTable('ledger').set(values).where('id', '=', id).execute();
  const remove =
    (...ids: number[]) =>
    (trx: Trx) =>
      trx.deleteFrom('ledger').where('id', 'in', ids).execute();

  it('is whole', async () => {
    const last = (await rowsOf(database)).at(-1);
    expect(await database.ledger.verify()).toEqual({
      ok: true,
      count: 8,
      last: { ledger_id: 8, hash: last?.hash },
      removed: null,
    });
    expect(await database.ledger.verify({ from: 5 })).toMatchObject({ ok: true, count: 4 });
    expect(await verdictAfter(async () => undefined)).toMatchObject({ ok: true, count: 8 });
  });

  const changes: [column: keyof LedgerRow, id: number, value: LedgerRow[keyof LedgerRow], problem: string][] =
    [
      ['body', 3, '{"number":9}', 'body'],
      ['body', 3, null, 'body'],
      ['body', 4, '{"made":"up"}', 'body'],
      ['body_encoding', 3, 'base64', 'hash'],
      ['body_sha256', 3, 'f'.repeat(64), 'hash'],
      ['byte_count', 3, 11, 'hash'],
      ['people_sha256', 3, 'f'.repeat(64), 'hash'],
      ['kind', 3, 'answer', 'hash'],
      ['at', 3, 1_700_000_000_000, 'hash'],
      // Larger than any number of ours: it must not keep the record from being read.
      ['at', 3, 2 ** 60, 'hash'],
      ['consent_id', 8, -(2 ** 62), 'hash'],
      ['channel', 3, 'errors', 'hash'],
      ['purpose', 3, 'timer.stopped', 'hash'],
      ['consent_id', 3, 8, 'hash'],
      ['consent_id', 3, null, 'hash'],
      ['host', 3, 'other.example.com', 'hash'],
      ['head', 3, null, 'hash'],
      ['request_id', 4, 1, 'hash'],
      ['status', 4, 500, 'hash'],
      ['problem', 4, 'timeout', 'hash'],
      ['hash', 3, 'a'.repeat(64), 'hash'],
      ['previous_hash', 3, 'a'.repeat(64), 'previous_hash'],
    ];

  it('has a test for every column', () => {
    const columns = new Set(changes.map(([column]) => column));
    expect([...columns, 'id'].sort()).toEqual(Object.keys(requestColumns).sort());
  });

  it.each(changes)('names a record whose %s was changed (%i: %s)', async (column, id, value, problem) => {
    expect(await verdictAfter(set(id, { [column]: value }))).toEqual({ ok: false, ledger_id: id, problem });
  });

  /** A record that was rewritten by somebody who knows how hashes are made. */
  async function forged(id: number): Promise<Partial<LedgerRow>> {
    const row = (await rowsOf(database)).find((one) => one.id === id) as LedgerRow;
    const changed = { ...row, host: 'other.example.com' };
    return { ...changed, hash: hashOf(changed) };
  }

  it('names the next record after one that was forged with its hash, and the forged one when it is the last', async () => {
    expect(await verdictAfter(set(3, await forged(3)))).toEqual({
      ok: false,
      ledger_id: 4,
      problem: 'previous_hash',
    });
    expect(await verdictAfter(set(8, await forged(8)))).toEqual({ ok: false, ledger_id: 8, problem: 'end' });
  });

  it('names records that were deleted: in the middle, the first, the last, all', async () => {
    expect(await verdictAfter(remove(4))).toEqual({ ok: false, ledger_id: 4, problem: 'missing' });
    expect(await verdictAfter(remove(4, 5, 6))).toEqual({ ok: false, ledger_id: 4, problem: 'missing' });
    expect(await verdictAfter(remove(1))).toEqual({ ok: false, ledger_id: 1, problem: 'missing' });
    expect(await verdictAfter(remove(8))).toEqual({ ok: false, ledger_id: 8, problem: 'end' });
    expect(await verdictAfter(remove(7, 8))).toEqual({ ok: false, ledger_id: 7, problem: 'end' });
    const all = (trx: Trx) => trx.deleteFrom('ledger').execute();
    expect(await verdictAfter(all)).toEqual({ ok: false, ledger_id: 1, problem: 'end' });
    expect(await verdictAfter(remove(2), 3)).toEqual({ ok: false, ledger_id: 2, problem: 'missing' });
  });

  it('names the end when it was deleted, moved or kept beside records that were deleted', async () => {
    const withoutEnds = (trx: Trx) => trx.deleteFrom('ledger_ends').execute();
    expect(await verdictAfter(withoutEnds)).toMatchObject({ ok: false, problem: 'end' });
    const rows = await rowsOf(database);
    const endAt = (name: 'first' | 'last', id: number) => async (trx: Trx) => {
      const end = { name, ledger_id: id, hash: rows[id - 1]?.hash ?? '' };
      await trx
        .insertInto('ledger_ends')
        .values(end)
        .onConflict((conflict) => conflict.column('name').doUpdateSet(end))
        .execute();
    };
    expect(await verdictAfter(endAt('last', 6))).toEqual({ ok: false, ledger_id: 7, problem: 'end' });
    expect(await verdictAfter(endAt('first', 2))).toEqual({ ok: false, ledger_id: 1, problem: 'end' });
  });

  /** Cuts the beginning off, up to a record, and leaves the end of the chain as retention would. */
  const cut = (id: number) => async (trx: Trx) => {
    const row = await trx.selectFrom('ledger').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    await trx.deleteFrom('ledger').where('id', '<=', id).execute();
    const end = { name: 'first' as const, ledger_id: id, hash: row.hash };
    await trx
      .insertInto('ledger_ends')
      .values(end)
      .onConflict((conflict) => conflict.column('name').doUpdateSet(end))
      .execute();
  };

  it('names a beginning that was cut off, with the end moved behind it', async () => {
    expect(await verdictAfter(cut(6))).toEqual({ ok: false, ledger_id: 6, problem: 'removal' });
  });

  it('names a removal of what was not old yet, and one that lies about how old it was', async () => {
    const { ledger, clock, connection } = await openLedgerDatabase();
    await fill(ledger, 2);
    clock.now += 400 * dayMs;
    await ledger.removeOlder(clock.now - 365 * dayMs);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 1, removed: { keep_ms: 365 * dayMs } });
    const row = await connection.db.selectFrom('ledger').selectAll().executeTakeFirstOrThrow();
    const said = JSON.parse(row.body ?? '') as { newest: LedgerRow };
    const body = JSON.stringify({ ...said, newest: { ...said.newest, at: said.newest.at - dayMs } });
    const body_sha256 = createHash('sha256').update(body).digest('hex');
    const changed = { ...row, body, byte_count: Buffer.byteLength(body), body_sha256 };
    const hash = hashOf(changed);
    await connection.db
      .updateTable('ledger')
      .set({ ...changed, hash })
      .execute();
    await connection.db.updateTable('ledger_ends').set({ hash }).where('name', '=', 'last').execute();
    expect(await ledger.verify()).toEqual({ ok: false, ledger_id: 5, problem: 'removal' });
    const young = await openLedgerDatabase();
    await fill(young.ledger, 2);
    young.clock.now += 1000;
    await young.ledger.removeOlder(young.clock.now);
    expect(await young.ledger.verify()).toEqual({ ok: false, ledger_id: 5, problem: 'removal' });
  });

  it('names a record that somebody was taken off, or put on', async () => {
    const people = (user_id: number) => (trx: Trx) =>
      trx.insertInto('ledger_people').values({ ledger_id: 3, user_id }).execute();
    expect(await verdictAfter(people(5))).toEqual({ ok: false, ledger_id: 3, problem: 'people' });
    const { ledger, connection } = await openLedgerDatabase();
    await ledger.append(requestOf({ people: [7, 4, 7] }));
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 1 });
    await connection.db.deleteFrom('ledger_people').where('user_id', '=', 7).execute();
    expect(await ledger.verify()).toEqual({ ok: false, ledger_id: 1, problem: 'people' });
  });

  it('names the first of records that changed places', async () => {
    const swap = async (trx: Trx) => {
      await set(4, { id: 999 })(trx);
      await set(5, { id: 4 })(trx);
      await set(999, { id: 5 })(trx);
    };
    expect(await verdictAfter(swap)).toEqual({ ok: false, ledger_id: 4, problem: 'previous_hash' });
  });

  it('names a record that was put in: between two others, before the first, behind the last', async () => {
    const [first, , third] = (await rowsOf(database)) as [LedgerRow, LedgerRow, LedgerRow];
    const put = (row: LedgerRow) => (trx: Trx) => trx.insertInto('ledger').values(row).execute();
    const between = async (trx: Trx) => {
      for (let id = 8; id >= 4; id -= 1) await set(id, { id: id + 1 })(trx);
      const added = { ...third, id: 4, purpose: 'never.left', previous_hash: third.hash };
      await put({ ...added, hash: hashOf(added) })(trx);
    };
    expect(await verdictAfter(between)).toEqual({ ok: false, ledger_id: 5, problem: 'previous_hash' });
    expect(await verdictAfter(put({ ...first, id: 0 }))).toEqual({ ok: false, ledger_id: 0, problem: 'end' });
    const last = (await rowsOf(database)).at(-1) as LedgerRow;
    const behind = { ...last, id: 9, previous_hash: last.hash };
    expect(await verdictAfter(put({ ...behind, hash: hashOf(behind) }))).toEqual({
      ok: false,
      ledger_id: 9,
      problem: 'end',
    });
  });
});

const requestColumns = {
  ...{ id: 0, kind: 0, at: 0, channel: 0, purpose: 0, consent_id: 0, host: 0, head: 0, byte_count: 0 },
  ...{ body_sha256: 0, body: 0, body_encoding: 0, people_sha256: 0, request_id: 0, status: 0, problem: 0 },
  ...{ previous_hash: 0, hash: 0 },
} satisfies Record<keyof LedgerRow, 0>;

describe('5,000 records', () => {
  let database: LedgerDatabase;
  beforeAll(async () => {
    database = await openLedgerDatabase();
    await fill(database.ledger, 2500);
  });

  it('verify while others are appended and the oldest are removed, and other work goes on', async () => {
    const { ledger, clock } = database;
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 1);
    const verifying = ledger.verify();
    await fill(ledger, 5);
    clock.now += 10 * dayMs;
    await fill(ledger, 5);
    const removed = await ledger.removeOlder(clock.now - dayMs);
    const verdict = await verifying;
    clearInterval(ticking);
    expect(removed).toBe(5010);
    expect(verdict).toMatchObject({ ok: true });
    expect(turns).toBeGreaterThan(3);
    // Five hundred at a time, and each time is a record of its own.
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 21 });
    clock.now += dayMs;
    await fill(ledger, 2500);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 5021, last: { ledger_id: 10_031 } });
  }, 120_000);

  it('download as lines, a piece at a time, each with the columns its hash is made of', async () => {
    const before = database.queries();
    const lines = database.ledger.download({});
    const first = await lines.next();
    expect(database.queries() - before).toBe(1);
    let previous = JSON.parse(first.value ?? '') as LedgerRow;
    let count = 1;
    for await (const line of lines) {
      expect(line.endsWith('}\n')).toBe(true);
      const row = JSON.parse(line) as LedgerRow;
      if (row.previous_hash !== previous.hash || hashOf(row) !== row.hash) break;
      previous = row;
      count += 1;
    }
    expect(count).toBe(5021);
  });

  it('are looked through a piece at a time for the few that a filter is after, at the very end of it', async () => {
    const { ledger, clock, queries } = database;
    const filter = { to: clock.now };
    const before = queries();
    const { entries, older } = await ledger.list(filter);
    expect([entries.length, older]).toEqual([5, undefined]);
    // The ends of all, two pieces, the records and their answers.
    expect(queries() - before).toBe(5);
    let lines = 0;
    for await (const line of ledger.download(filter)) lines += line === '' ? 0 : 1;
    expect(lines).toBe(10);
  });
});

describe('what is older than its time', () => {
  it('goes, and the rest begins behind it', async () => {
    const database = await openLedgerDatabase();
    const { ledger, clock, connection } = database;
    const start = clock.now;
    await ledger.append(requestOf({ people: [1, 2] }));
    await fill(ledger, 2);
    clock.now = start + dayMs;
    await ledger.append(requestOf({ people: [2] }));
    clock.now = start + 3 * dayMs;
    expect(await ledger.removeOlder(start)).toBe(0);
    expect(await ledger.removeOlder(start + 1)).toBe(5);
    expect(await ledger.verify()).toMatchObject({
      ...{ ok: true, count: 2 },
      removed: { ledger_id: 5, at: clock.now, keep_ms: 3 * dayMs - 1 },
    });
    expect(await connection.db.selectFrom('ledger_people').selectAll().execute()).toEqual([
      { ledger_id: 6, user_id: 2 },
    ]);
    expect(await ledger.removeOlder(start + 2 * dayMs)).toBe(1);
    expect((await rowsOf(database)).map(({ id, kind }) => [id, kind])).toEqual([
      [7, 'removal'],
      [8, 'removal'],
    ]);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 2, last: { ledger_id: 8 } });
    await fill(ledger, 1);
    clock.now = start + 9 * dayMs;
    await fill(ledger, 1);
    // Removals go with what stands behind them, and not alone.
    expect(await ledger.removeOlder(start + 8 * dayMs)).toBe(4);
    expect((await rowsOf(database)).map(({ id }) => id)).toEqual([11, 12, 13]);
    expect(await ledger.removeOlder(start + 8 * dayMs)).toBe(0);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 3 });
    expect(await ledger.verify({ from: 2 })).toMatchObject({ ok: true, count: 3 });
    expect(await ledger.verify({ from: 12 })).toMatchObject({ ok: true, count: 2 });
  });

  it('stays behind a younger record, when the clock had jumped, until that one goes too', async () => {
    const { ledger, clock } = await openLedgerDatabase();
    const start = clock.now;
    for (const at of [0, 5, 1, 2]) {
      clock.now = start + at * dayMs;
      await ledger.append(requestOf());
    }
    clock.now = start + 9 * dayMs;
    expect(await ledger.removeOlder(start + 3 * dayMs)).toBe(1);
    expect(await ledger.verify()).toMatchObject({ ok: true, count: 4 });
    expect(await ledger.removeOlder(start + 6 * dayMs)).toBe(3);
  });

  it('goes on behind records of the future, however many a clock that ran ahead has dated', async () => {
    const { ledger, clock } = await openLedgerDatabase();
    const start = clock.now;
    clock.now = start + 400 * dayMs;
    await fill(ledger, 300);
    for (const at of [1, 2]) {
      clock.now = start + at * dayMs;
      await ledger.append(requestOf());
    }
    clock.now = start + 3 * dayMs;
    expect(await ledger.removeOlder(start + 1.5 * dayMs)).toBe(601);
    expect(await ledger.verify()).toMatchObject({ ok: true });
  });
});

describe('showing', () => {
  let database: LedgerDatabase;
  let start: number;
  beforeAll(async () => {
    database = await openLedgerDatabase();
    const { ledger, clock } = database;
    start = clock.now;
    const add = async (minute: number, changes: Parameters<typeof requestOf>[0], status: number | null) => {
      clock.now = start + minute * 60_000;
      const id = await ledger.append(requestOf(changes));
      const problem = status === null ? 'refused' : null;
      if (status !== 0) await ledger.answer(id, { status, problem, body: Buffer.from('{}') });
    };
    for (let minute = 0; minute < 120; minute += 1) await add(minute, { people: [minute % 2] }, 200);
    await add(120, { channel: 'errors', host: 'errors.example.com', people: [1] }, 503);
    await add(121, { channel: 'errors', host: 'errors.example.com' }, null);
    await add(122, { channel: 'installation', host: 'tele.example.com' }, 0);
  });

  it('pages of fifty, newest first, each request with its answer', async () => {
    const { ledger } = database;
    const first = await ledger.list({});
    const second = await ledger.list({}, first.older);
    const third = await ledger.list({}, second.older);
    const pages = [first, second, third];
    expect(pages.map(({ entries }) => entries.length)).toEqual([ledgerPageRows, ledgerPageRows, 23]);
    expect([first.newer, third.older]).toEqual([undefined, undefined]);
    // And back: each page is the one it was.
    expect((await ledger.list({}, third.newer)).entries).toEqual(second.entries);
    const back = await ledger.list({}, second.newer);
    expect([back.entries, back.newer]).toEqual([first.entries, undefined]);
    const shown = pages.flatMap(({ entries }) => entries);
    expect(shown.map(({ request }) => request.at)).toEqual(
      Array.from({ length: 123 }, (_, index) => start + (122 - index) * 60_000),
    );
    expect(shown.slice(0, 4).map(({ outcome }) => outcome)).toEqual([
      'unanswered',
      'failed',
      'failed',
      'delivered',
    ]);
    expect(shown.every(({ request, answer }) => !answer || answer.request_id === request.id)).toBe(true);
  });

  it('by every filter, and by several', async () => {
    const { ledger } = database;
    const count = async (filter: Parameters<typeof ledger.download>[0]) => {
      let [place, found]: [LedgerPlace | undefined, number] = [{}, 0];
      while (place !== undefined) {
        const { entries, older }: LedgerPage = await ledger.list(filter, place);
        found += entries.length;
        place = older;
      }
      let lines = 0;
      for await (const line of ledger.download(filter)) lines += line === '' ? 0 : 1;
      return [found, lines];
    };
    expect(await count({})).toEqual([123, 245]);
    expect(await count({ channel: 'errors' })).toEqual([2, 4]);
    expect(await count({ host: 'tele.example.com' })).toEqual([1, 1]);
    expect(await count({ host: 'tele.example.com', channel: 'errors' })).toEqual([0, 0]);
    expect(await count({ from: start + 60_000, to: start + 120_000 })).toEqual([1, 2]);
    expect(await count({ outcome: 'delivered' })).toEqual([120, 240]);
    expect(await count({ outcome: 'failed' })).toEqual([2, 4]);
    expect(await count({ outcome: 'unanswered' })).toEqual([1, 1]);
    expect(await count({ user_id: 1 })).toEqual([61, 122]);
    expect(await count({ user_id: 1, channel: 'errors' })).toEqual([1, 2]);
    expect(await count({ user_id: 9 })).toEqual([0, 0]);
  });

  it('totals of a channel, and the hosts', async () => {
    const { ledger } = database;
    expect(await ledger.hosts()).toEqual(['errors.example.com', 'posthog.example.com', 'tele.example.com']);
    expect(await ledger.totals('analytics')).toEqual({
      ...{ requests: 120, bytes: 120 * 25, delivered: 120, failed: 0 },
      ...{ last_at: start + 119 * 60_000, last_problem: null },
    });
    expect(await ledger.totals('errors')).toMatchObject({ requests: 2, failed: 2, last_problem: 'refused' });
    expect(await ledger.totals('mail')).toEqual({
      ...{ requests: 0, bytes: 0, delivered: 0, failed: 0, last_at: null, last_problem: null },
    });
  });

  it('and asks the database the same few times, however long the page', async () => {
    const before = database.queries();
    await database.ledger.list({});
    expect(database.queries() - before).toBe(4);
  });
});

describe('npm run verify-ledger', () => {
  it('counts, or names the first record that is wrong and ends with 1', async () => {
    const database = await openLedgerDatabase();
    const { ledger, connection } = database;
    const { SQLITE_FILE = '', DATABASE_URL = '' } = database.environment;
    const run = (...args: string[]) =>
      runCommand('cli/verify-ledger.ts', args, {
        environment: { DATABASE_URL, DATA_DIR: join(SQLITE_FILE, '..'), LOG_FILE: '-', LOG_LEVEL: 'error' },
      });
    if (DATABASE_URL === '') {
      // The command opens the file that a server with this DATA_DIR would.
      symlinkSync(SQLITE_FILE, join(SQLITE_FILE, '..', 'timetracker.sqlite'));
    }
    expect(await run()).toEqual({ code: 0, stdout: 'the ledger is empty\n', stderr: '' });
    await fill(ledger, 3);
    const last = (await rowsOf(database)).at(-1)?.hash ?? '';
    const whole = { code: 0, stdout: `6 records, all as they were written\nlast 6:${last}\n`, stderr: '' };
    expect(await run('--expect', `6:${last}`)).toEqual(whole);
    expect(await run('--expect', `6:${'0'.repeat(64)}`)).toMatchObject({
      code: 1,
      stderr: 'record 6 is not the one that was noted: the ledger was written anew\n',
    });
    expect((await run('--expect', 'yes')).code).toBe(1);
    await connection.db.updateTable('ledger').set({ body: '{}' }).where('id', '=', 3).execute();
    expect(await run()).toEqual({
      code: 1,
      stdout: '',
      stderr: 'record 3 was changed: its body is not the one that left\n',
    });
  }, 60_000);
});
