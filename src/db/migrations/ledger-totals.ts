import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Dialect } from './column-shapes.ts';

const columns = ['requests', 'bytes', 'delivered', 'failed'] as const;

/** Sums of what the ledger holds, kept by triggers: what is appended is added, what retention removes is taken away. */
export async function createLedgerTotals(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  let table = db.schema
    .createTable('ledger_totals')
    .addColumn('channel', 'text', (column) => column.primaryKey());
  for (const name of columns) table = table.addColumn(name, 'bigint', (column) => column.notNull());
  await table.execute();
  await (dialect === 'sqlite' ? createSqliteTriggers(db) : createPostgresTriggers(db));
}

/** What a record adds to the sums; `row` is what the trigger calls it. */
function additionsOf(row: string): string[] {
  const isDelivered = `coalesce(${row}.status between 200 and 299, false)`;
  return [
    `case when ${row}.kind = 'request' then 1 else 0 end`,
    `case when ${row}.kind = 'request' then ${row}.byte_count else 0 end`,
    `case when ${row}.kind = 'answer' and ${isDelivered} then 1 else 0 end`,
    `case when ${row}.kind = 'answer' and not ${isDelivered} then 1 else 0 end`,
  ];
}

const into = `insert into ledger_totals (channel, ${columns.join(', ')})`;
const added = columns.map((name) => `${name} = ledger_totals.${name} + excluded.${name}`);
const onConflict = `on conflict (channel) do update set ${added.join(', ')};`;

async function createSqliteTriggers(db: Kysely<unknown>): Promise<void> {
  for (const [name, when, row, sign] of [
    ['added', 'insert', 'new', '+'],
    ['removed', 'delete', 'old', '-'],
  ] as const) {
    const values = additionsOf(row).map((value) => `${sign}(${value})`);
    // A removal is no record of a channel.
    await sql
      .raw(
        `create trigger ledger_${name} after ${when} on ledger when ${row}.kind <> 'removal'
         begin ${into} values (${row}.channel, ${values.join(', ')}) ${onConflict} end`,
      )
      .execute(db);
  }
}

/** Once a statement: a row that is written again for each of thousands in one transaction leaves as many dead ones. */
async function createPostgresTriggers(db: Kysely<unknown>): Promise<void> {
  const values = additionsOf('changed').map((value) => `sign * sum(${value})`);
  await sql
    .raw(
      `create function sum_ledger() returns trigger language plpgsql as $$
       declare sign integer := case tg_op when 'INSERT' then 1 else -1 end;
       begin
         ${into} select channel, ${values.join(', ')} from changed where kind <> 'removal' group by channel ${onConflict}
         return null;
       end $$`,
    )
    .execute(db);
  for (const [name, when, rows] of [
    ['added', 'insert', 'new'],
    ['removed', 'delete', 'old'],
  ] as const)
    await sql
      .raw(
        `create trigger ledger_${name} after ${when} on ledger referencing ${rows} table as changed
         for each statement execute function sum_ledger()`,
      )
      .execute(db);
}
