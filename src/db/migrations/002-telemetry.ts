import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Dialect } from './column-shapes.ts';
import { id } from './column-shapes.ts';
import { createLedgerTotals } from './ledger-totals.ts';

/** What could leave the server: who agreed to it, what waits, and what left. */
export async function createTelemetry(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await db.schema
    .alterTable('users')
    .addColumn('analytics_choice', 'text', (column) => column.check(sql`analytics_choice in ('in', 'out')`))
    .execute();
  await createConsents(db, dialect);
  await createOutbox(db, dialect);
  await createLedger(db, dialect);
}

async function createConsents(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('consents'), dialect)
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('mode', 'text', (column) => column.notNull().check(sql`mode in ('off', 'review', 'auto')`))
    .addColumn('catalogue_version', 'integer', (column) => column.notNull())
    .addColumn('covered', 'text', (column) => column.notNull())
    .addColumn('decided_at', 'bigint', (column) => column.notNull())
    // No reference: the record of a decision outlives the person who took it.
    .addColumn('user_id', 'bigint')
    .addColumn('source', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('consents_channel').on('consents').columns(['channel', 'id']).execute();
}

async function createOutbox(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('outbox'), dialect)
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('idempotency_key', 'text', (column) => column.notNull().unique())
    .addColumn('user_id', 'bigint', (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('consent_id', 'bigint')
    .addColumn('state', 'text', (column) => column.notNull().check(sql`state in ('held', 'queued')`))
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  // Delivery reads in the order in which payloads were queued; the bound, the metrics and whoever looks for a person count
  // without reading a body. No index of its own for people: it took a quarter of each insert, and they are looked for seldom.
  await db.schema
    .createIndex('outbox_order')
    .on('outbox')
    .columns(['channel', 'id', 'state', 'attempts', 'created_at', 'user_id'])
    .execute();
}

async function createLedger(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('ledger'), dialect)
    .addColumn('kind', 'text', (column) =>
      column.notNull().check(sql`kind in ('request', 'answer', 'removal')`),
    )
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('consent_id', 'bigint')
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('head', 'text')
    .addColumn('byte_count', 'bigint', (column) => column.notNull())
    .addColumn('body_sha256', 'text', (column) => column.notNull())
    .addColumn('body', 'text')
    .addColumn('body_encoding', 'text', (column) => column.notNull())
    .addColumn('people_sha256', 'text', (column) => column.notNull())
    .addColumn('request_id', 'bigint')
    .addColumn('status', 'integer')
    .addColumn('problem', 'text')
    .addColumn('previous_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('ledger_channel').on('ledger').columns(['channel', 'kind', 'id']).execute();
  await db.schema.createIndex('ledger_age').on('ledger').columns(['at']).execute();
  await db.schema.createIndex('ledger_host').on('ledger').columns(['host']).execute();
  // Holds all that a list is filtered by: the records themselves are kilobytes each.
  await db.schema
    .createIndex('ledger_list')
    .on('ledger')
    .columns(['kind', 'id', 'request_id', 'channel', 'host', 'at'])
    .execute();
  await db.schema
    .createIndex('ledger_request')
    .on('ledger')
    .columns(['request_id', 'status', 'problem'])
    .execute();
  await db.schema
    .createTable('ledger_people')
    .addColumn('ledger_id', 'bigint', (column) =>
      column.notNull().references('ledger.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('ledger_people_key', ['ledger_id', 'user_id'])
    .execute();
  await db.schema
    .createIndex('ledger_people_person')
    .on('ledger_people')
    .columns(['user_id', 'ledger_id'])
    .execute();
  await db.schema
    .createTable('ledger_ends')
    .addColumn('name', 'text', (column) => column.primaryKey().check(sql`name in ('first', 'last')`))
    .addColumn('ledger_id', 'bigint', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute();
  await createLedgerTotals(db, dialect);
}
