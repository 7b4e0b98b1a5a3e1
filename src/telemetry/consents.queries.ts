import type { Insertable, Selectable } from 'kysely';
import type { Db } from '../db/connect.ts';
import { prepare } from '../db/prepared.ts';
import type { Channel, ConsentsTable } from '../db/schema.ts';

export type ConsentRow = Selectable<ConsentsTable>;

const listNewest = prepare<object, ConsentRow>((db) =>
  db
    .selectFrom('consents')
    .selectAll()
    .where('id', 'in', (newest) =>
      newest
        .selectFrom('consents')
        .select((select) => select.fn.max('id').as('id'))
        .groupBy(['channel', ({ eb }) => eb('source', '=', 'environment')]),
    ),
);

/** The newest decision of somebody, and the record of the environment, per channel. Read often, hence prepared. */
export async function listNewestConsents(db: Db): Promise<ConsentRow[]> {
  return listNewest(db, {});
}

const findExtent = prepare<object, { total: number; newest: number | null }>((db) =>
  db
    .selectFrom('consents')
    .select((select) => [select.fn.countAll<number>().as('total'), select.fn.max('id').as('newest')]),
);

/** Another text for every state of the table: decisions are only ever added. Both, for ids may be committed out of order. */
export async function consentsVersion(db: Db): Promise<string> {
  const [extent] = await findExtent(db, {});
  return `${extent?.total} ${extent?.newest}`;
}

/** Decisions about a channel, the newest first, with the name of who took them where that person still exists. */
export async function listConsents(db: Db, channel: Channel, page: { limit: number; offset: number }) {
  return db
    .selectFrom('consents')
    .leftJoin('users', 'users.id', 'consents.user_id')
    .selectAll('consents')
    .select('users.name as user_name')
    .where('channel', '=', channel)
    .orderBy('consents.id', 'desc')
    .limit(page.limit)
    .offset(page.offset)
    .execute();
}

export async function countConsents(db: Db, channel: Channel): Promise<number> {
  const { total } = await db
    .selectFrom('consents')
    .select((select) => select.fn.countAll<number>().as('total'))
    .where('channel', '=', channel)
    .executeTakeFirstOrThrow();
  return total;
}

export async function insertConsent(db: Db, row: Insertable<ConsentsTable>): Promise<ConsentRow> {
  return db.insertInto('consents').values(row).returningAll().executeTakeFirstOrThrow();
}

/** Unless there is a record of the channel. Two instances at once may write two, which say the same. */
export async function insertFirstConsent(db: Db, row: Insertable<ConsentsTable>): Promise<void> {
  const found = await db
    .selectFrom('consents')
    .select('id')
    .where('channel', '=', row.channel)
    .where('source', '=', 'environment')
    .executeTakeFirst();
  if (!found) await insertConsent(db, row);
}
