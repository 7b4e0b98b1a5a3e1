import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Dialect } from './column-shapes.ts';

const columns = ['seconds', 'billable_seconds', 'amount_cents', 'cost_cents', 'entries'] as const;
const keys = 'project_id, month, user_id, currency, cost_currency';

/** Sums of finished time, kept by triggers: no path of the application can forget them. */
export async function createWorkMonths(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  let table = db.schema
    .createTable('work_months')
    // No references: a row of a removed project holds nothing any more and is taken away with it.
    .addColumn('project_id', 'bigint', (column) => column.notNull())
    .addColumn('month', 'text', (column) => column.notNull())
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('currency', 'text', (column) => column.notNull())
    .addColumn('cost_currency', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('work_months_key', [
      'project_id',
      'month',
      'user_id',
      'currency',
      'cost_currency',
    ]);
  for (const name of columns) table = table.addColumn(name, 'bigint', (column) => column.notNull());
  await (dialect === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table).execute();
  const times = db.schema
    .createTable('task_times')
    .addColumn('task_id', 'bigint', (column) => column.notNull())
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addColumn('seconds', 'bigint', (column) => column.notNull())
    .addColumn('entries', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('task_times_key', ['task_id', 'user_id']);
  await (dialect === 'sqlite' ? times.modifyEnd(sql`without rowid`) : times).execute();
  // What is finished already.
  await sql
    .raw(
      `insert into work_months (${keys}, ${columns.join(', ')})
       select coalesce(project_id, 0), substr(local_date, 1, 7), user_id, '', '',
         sum((ended_at - started_at) / 1000), sum(case when billable = 1 then (ended_at - started_at) / 1000 else 0 end),
         0, 0, count(*)
       from entries where ended_at is not null
       group by coalesce(project_id, 0), substr(local_date, 1, 7), user_id`,
    )
    .execute(db);
  await (dialect === 'sqlite' ? createSqliteTriggers(db) : createPostgresTriggers(db));
}

/** Adds (`+`) or takes away (`-`) an entry; `row` is what the trigger calls it. An amount is rounded half up, once. */
function addition(row: 'old' | 'new', sign: '+' | '-'): string {
  const seconds = `(${row}.ended_at - ${row}.started_at) / 1000`;
  const amount = (rate: string) => `(${seconds} * coalesce(${row}.${rate}, 0) + 1800) / 3600`;
  const values = [
    seconds,
    `case when ${row}.billable = 1 then ${seconds} else 0 end`,
    amount('rate_cents'),
    amount('cost_rate_cents'),
    '1',
  ].map((value) => (sign === '+' ? value : `-(${value})`));
  const sums = columns.map((name) => `${name} = work_months.${name} + excluded.${name}`);
  return `insert into work_months (${keys}, ${columns.join(', ')})
    values (coalesce(${row}.project_id, 0), substr(${row}.local_date, 1, 7), ${row}.user_id,
      coalesce(${row}.currency, ''), coalesce(${row}.cost_currency, ''),
      ${values.join(', ')})
    on conflict (${keys}) do update set ${sums.join(', ')};`;
}

/** The same of the task that the entry is on. */
function taskAddition(row: 'old' | 'new', sign: '+' | '-'): string {
  return `insert into task_times (task_id, user_id, seconds, entries)
    values (${row}.task_id, ${row}.user_id, ${sign}((${row}.ended_at - ${row}.started_at) / 1000), ${sign}1)
    on conflict (task_id, user_id) do update
    set seconds = task_times.seconds + excluded.seconds, entries = task_times.entries + excluded.entries;`;
}

/** What an update must change for the sums to change. */
const watched =
  'project_id, user_id, task_id, local_date, started_at, ended_at, billable, rate_cents, cost_rate_cents, currency, cost_currency';

async function createSqliteTriggers(db: Kysely<unknown>): Promise<void> {
  const trigger = (name: string, when: string, condition: string, work: string) =>
    sql
      .raw(`create trigger entries_${name} after ${when} on entries when ${condition} begin ${work} end`)
      .execute(db);
  const watch = `update of ${watched}`;
  for (const [suffix, more, work] of [
    ['', '', addition],
    ['_task', ' and ROW.task_id is not null', taskAddition],
  ] as const) {
    const finished = (row: 'old' | 'new') => `${row}.ended_at is not null${more.replace('ROW', row)}`;
    await trigger(`added${suffix}`, 'insert', finished('new'), work('new', '+'));
    await trigger(`removed${suffix}`, 'delete', finished('old'), work('old', '-'));
    await trigger(`changed_from${suffix}`, watch, finished('old'), work('old', '-'));
    await trigger(`changed_to${suffix}`, watch, finished('new'), work('new', '+'));
  }
}

async function createPostgresTriggers(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create function sum_work_months() returns trigger language plpgsql as $$
       begin
         if tg_op <> 'INSERT' and old.ended_at is not null then
           ${addition('old', '-')}
           if old.task_id is not null then ${taskAddition('old', '-')} end if;
         end if;
         if tg_op <> 'DELETE' and new.ended_at is not null then
           ${addition('new', '+')}
           if new.task_id is not null then ${taskAddition('new', '+')} end if;
         end if;
         return null;
       end $$`,
    )
    .execute(db);
  await sql
    .raw(
      `create trigger entries_sums after insert or delete or update of ${watched} on entries
       for each row execute function sum_work_months()`,
    )
    .execute(db);
}
