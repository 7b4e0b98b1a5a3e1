import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';

/** What stops counting when another currency holds: amounts are never converted. */
export interface CurrencyLoss {
  rates: number;
  /** Budgets of money. */
  budgets: number;
}

const last_id = sql`substr(scope, length(rtrim(scope, '0123456789')) + 1)`;
const project_of_member = sql`substr(rtrim(rtrim(scope, '0123456789'), ':'), length('member:') + 1)`;

/**
 * What counts in a currency and would not any more.
 *
 * @param before - in which time is counted now.
 * @param client_id - whose currency changes; null for that of the instance, which is that of every client without one.
 */
export async function findCurrencyLoss(
  db: Db,
  { before, client_id }: { before: string; client_id: number | null },
): Promise<CurrencyLoss> {
  const clients =
    client_id === null
      ? sql`select id from clients where currency is null`
      : sql`select id from clients where id = ${client_id}`;
  const projects =
    client_id === null
      ? sql`select id from projects where (client_id is null or client_id in (${clients}))`
      : sql`select id from projects where client_id = ${client_id}`;
  const ids = (rows: typeof clients) => sql`(select cast(id as text) from (${rows}) as chosen)`;
  const tasks = sql`select id from tasks where project_id in (${projects})`;
  const everywhere =
    client_id === null ? sql`kind = 'cost' or scope = 'default' or scope like 'person:%' or` : sql``;
  const of_these = sql`(${everywhere} (kind = 'billable' and (
    (scope like 'client:%' and ${last_id} in ${ids(clients)})
    or (scope like 'project:%' and ${last_id} in ${ids(projects)})
    or (scope like 'member:%' and ${project_of_member} in ${ids(projects)})
    or (scope like 'task:%' and ${last_id} in ${ids(tasks)}))))`;
  return db
    .selectNoFrom([
      sql<number>`(select count(*) from rates where currency = ${before} and ${of_these})`.as('rates'),
      sql<number>`(select count(*) from projects where budget_cents is not null and budget_currency = ${before}
        and archived_at is null and id in (${projects}))`.as('budgets'),
    ])
    .executeTakeFirstOrThrow();
}
