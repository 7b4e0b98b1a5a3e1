import { sql } from 'kysely';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Channel } from '../../src/db/schema.ts';
import type { LedgerDatabase } from './ledger-database.ts';
import { openLedgerDatabase } from './ledger-database.ts';
import { fill, requestOf } from './ledger-records.ts';

const dayMs = 86_400_000;
const channels: Channel[] = ['errors', 'analytics', 'installation', 'mail'];
const nothing = { requests: 0, bytes: 0, delivered: 0, failed: 0, last_at: null, last_problem: null };

/** What the records themselves say, each looked at. */
async function recount({ connection }: LedgerDatabase, channel: Channel) {
  const rows = await connection.db.selectFrom('ledger').selectAll().orderBy('id').execute();
  const own = rows.filter((row) => row.channel === channel);
  const requests = own.filter(({ kind }) => kind === 'request');
  const answers = own.filter(({ kind }) => kind === 'answer');
  const isDelivered = ({ status }: { status: number | null }): boolean =>
    status !== null && status >= 200 && status < 300;
  const last = answers.at(-1);
  return {
    requests: requests.length,
    bytes: requests.reduce((sum, { byte_count }) => sum + byte_count, 0),
    delivered: answers.filter(isDelivered).length,
    failed: answers.filter((row) => !isDelivered(row)).length,
    last_at: requests.at(-1)?.at ?? null,
    last_problem: !last || isDelivered(last) ? null : (last.problem ?? String(last.status)),
  };
}

async function expectExact(database: LedgerDatabase): Promise<void> {
  for (const channel of channels)
    expect(await database.ledger.totals(channel)).toEqual(await recount(database, channel));
}

describe('the totals of a channel', () => {
  it('are what the records say, after each request, answer and removal', async () => {
    const database = await openLedgerDatabase();
    const { ledger, clock } = database;
    const start = clock.now;
    expect(await ledger.totals('analytics')).toEqual(nothing);
    const answers = [
      { status: 200, problem: null },
      { status: 299, problem: null },
      { status: 300, problem: null },
      { status: 199, problem: null },
      { status: 503, problem: 'bad_answer' },
      { status: null, problem: 'timeout' },
    ];
    for (const [day, answer] of answers.entries()) {
      clock.now = start + day * dayMs;
      for (const channel of channels.slice(0, 3)) {
        const id = await ledger.append(requestOf({ channel, body: Buffer.from(`${channel} ü ${day}`) }));
        await expectExact(database);
        if (channel !== 'installation') await ledger.answer(id, { ...answer, body: Buffer.from('{}') });
      }
      await expectExact(database);
    }
    expect(await ledger.totals('errors')).toMatchObject({ requests: 6, delivered: 2, failed: 4 });
    clock.now = start + 9 * dayMs;
    for (const days of [1, 3, 5.5]) {
      await ledger.removeOlder(start + days * dayMs);
      await expectExact(database);
      expect(await ledger.verify()).toMatchObject({ ok: true });
    }
    expect(await ledger.totals('analytics')).toEqual({ ...nothing });
  });

  it('hold what was written, not what was rolled back, also when two write at once', async () => {
    const database = await openLedgerDatabase();
    const { ledger, connection } = database;
    await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        ledger.append(
          requestOf({ channel: index % 2 ? 'mail' : 'errors', host: (index === 7 ? null : 'a') as 'a' }),
        ),
      ),
    );
    expect((await ledger.totals('mail')).requests).toBe(9);
    const undone = connection.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('ledger').execute();
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await expectExact(database);
  });
});

describe('the totals of a long ledger', () => {
  let database: LedgerDatabase;
  beforeAll(async () => {
    database = await openLedgerDatabase();
    const { ledger, connection } = database;
    // The only one of its channel, and the oldest of all.
    await ledger.append(requestOf({ channel: 'mail' }));
    await fill(ledger, 1);
    const { ledger_id } = await connection.db
      .selectFrom('ledger_ends')
      .selectAll()
      .where('name', '=', 'last')
      .executeTakeFirstOrThrow();
    await sql`
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 100000)
      insert into ledger (id, kind, at, channel, purpose, consent_id, host, head, byte_count, body_sha256, body,
        body_encoding, people_sha256, request_id, status, problem, previous_hash, hash)
      select ${ledger_id} + n, case when n % 2 = 1 then 'request' else 'answer' end, at + n, channel, purpose,
        consent_id, host, null, 12, body_sha256, null, body_encoding, people_sha256,
        case when n % 2 = 1 then null else ${ledger_id} + n - 1 end, case when n % 2 = 1 then null else 200 end,
        null, previous_hash, hash
      from numbers join ledger on ledger.id = 2`.execute(connection.db);
  }, 60_000);

  it('are exact', async () => {
    expect(await database.ledger.totals('analytics')).toMatchObject({
      ...{ requests: 50_001, bytes: 12 * 50_001, delivered: 50_001, failed: 0 },
    });
    expect(await database.ledger.totals('mail')).toMatchObject({ requests: 1, delivered: 0 });
  });

  it.each(channels)('take three rows, those of %s too', async (channel) => {
    const before = database.statements().length;
    await database.ledger.totals(channel);
    const statements = database.statements().slice(before);
    expect(statements).toHaveLength(3);
    const kinds = ['', 'request', 'answer'];
    for (const [index, text] of statements.entries()) {
      const values = index === 0 ? [channel] : [channel, kinds[index] ?? '', 1];
      expect(await rowsRead(database, text, values), text).toBeLessThanOrEqual(1);
    }
  });
});

/** Rows that a statement looks at. The embedded database does not count them: there it is told by the plan. */
async function rowsRead(
  { connection: { db, dialect } }: LedgerDatabase,
  text: string,
  values: (string | number)[],
): Promise<number> {
  const rest = [...values];
  const literal = (): string => {
    const value = rest.shift();
    return typeof value === 'number' ? String(value) : `'${value}'`;
  };
  const filled = text.replace(/\$\d+|\?/g, literal);
  if (dialect === 'postgres') {
    const { rows } = await sql<{ 'QUERY PLAN': { Plan: Plan }[] }>`${sql.raw(
      `explain (analyze, format json) ${filled}`,
    )}`.execute(db);
    return rowsOf(rows[0]?.['QUERY PLAN'][0]?.Plan);
  }
  const { rows } = await sql<{ detail: string }>`${sql.raw(`explain query plan ${filled}`)}`.execute(db);
  const plan = rows.map(({ detail }) => detail).join('; ');
  // One row has the key; of the index, which is in the order that is asked for, the first is all that is read.
  const byKey = /^SEARCH ledger_totals USING INDEX \w+ \(channel=\?\)$/.test(plan);
  const byIndex = /^SEARCH ledger USING INDEX ledger_channel \(channel=\? AND kind=\?\)$/.test(plan);
  return byKey || (byIndex && / limit 1( \+ 0)?$/.test(filled)) ? 1 : Infinity;
}

interface Plan {
  Plans?: Plan[];
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
}

/** Of the nodes that read a table. */
const rowsOf = (plan: Plan | undefined): number =>
  plan === undefined
    ? Infinity
    : plan.Plans
      ? Math.max(...plan.Plans.map(rowsOf))
      : plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0);
