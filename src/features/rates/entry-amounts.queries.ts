import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';

/**
 * What an entry of the table `entries` is worth at a rate, in minor units: `amountOf` of shared/money.ts in SQL, where both
 * databases divide whole numbers to whole numbers. Rounded half up once an entry; every sum is a sum of these.
 *
 * The triggers of db/migrations/work-months.ts hold the same formula, because a migration never changes.
 */
export const entryAmount = (rate_cents: RawBuilder<unknown>): RawBuilder<number> =>
  sql<number>`((entries.ended_at - entries.started_at) / 1000 * ${rate_cents} + 1800) / 3600`;
