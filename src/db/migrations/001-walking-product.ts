import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Dialect } from './column-shapes.ts';
import { id } from './column-shapes.ts';

export async function createWalkingProduct(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await createPeople(db, dialect);
  await createWork(db, dialect);
  await createEntries(db, dialect);
  await createHousekeeping(db, dialect);
}

async function createPeople(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('users'), dialect)
    .addColumn('email', 'text', (column) => column.notNull())
    .addColumn('email_key', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text')
    .addColumn('role', 'text', (column) =>
      column.notNull().check(sql`role in ('admin', 'manager', 'member')`),
    )
    .addColumn('locale', 'text', (column) => column.notNull())
    .addColumn('time_zone', 'text', (column) => column.notNull())
    .addColumn('week_start', 'integer', (column) => column.notNull().check(sql`week_start between 1 and 7`))
    .addColumn('duration_format', 'text', (column) => column.notNull())
    .addColumn('theme', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('deactivated_at', 'bigint')
    .execute();
  await id(db.schema.createTable('sessions'), dialect)
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_seen_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('flash', 'text')
    .execute();
  await db.schema.createIndex('sessions_user').on('sessions').columns(['user_id', 'last_seen_at']).execute();
  await db.schema
    .createIndex('sessions_last_seen')
    .on('sessions')
    .columns(['last_seen_at', 'user_id'])
    .execute();
  await db.schema
    .createTable('settings')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
}

async function createWork(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  for (const name of ['clients', 'tags'] as const) {
    await id(db.schema.createTable(name), dialect)
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('name_key', 'text', (column) => column.notNull().unique())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('archived_at', 'bigint')
      .execute();
  }
  await id(db.schema.createTable('projects'), dialect)
    .addColumn('client_id', 'bigint', (column) => column.references('clients.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_key', 'text', (column) => column.notNull())
    .addColumn('color', 'text', (column) => column.notNull())
    .addColumn('billable', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('archived_at', 'bigint')
    .execute();
  // Two nulls are distinct in a unique index, so "no client" is made a value.
  await sql`create unique index projects_name on projects (coalesce(client_id, 0), name_key)`.execute(db);
}

async function createEntries(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('entries'), dialect)
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id'))
    .addColumn('project_id', 'bigint', (column) => column.references('projects.id'))
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint', (column) => column.check(sql`ended_at >= started_at`))
    .addColumn('zone', 'text', (column) => column.notNull())
    .addColumn('local_date', 'text', (column) => column.notNull())
    .addColumn('duration_seconds', 'bigint', (column) =>
      column.generatedAlwaysAs(sql`(ended_at - started_at) / 1000`).stored(),
    )
    .addColumn('billable', 'integer', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  // The rule "one running timer per person" is the database's: no race can break it.
  await sql`create unique index entries_one_running on entries (user_id) where ended_at is null`.execute(db);
  // Covering, with both instants: SQLite never answers from an index alone when a query names a generated column.
  const index = (name: string) => db.schema.createIndex(name).on('entries');
  await index('entries_person_day')
    .columns(['user_id', 'local_date', 'started_at', 'id', 'ended_at', 'project_id', 'billable'])
    .execute();
  await index('entries_day')
    .columns(['local_date', 'project_id', 'user_id', 'billable', 'started_at', 'ended_at'])
    .execute();
  await index('entries_project')
    .columns(['project_id', 'local_date', 'started_at', 'ended_at', 'user_id', 'billable'])
    .execute();
  await db.schema
    .createTable('entry_tags')
    .addColumn('entry_id', 'bigint', (column) =>
      column.notNull().references('entries.id').onDelete('cascade'),
    )
    .addColumn('tag_id', 'bigint', (column) => column.notNull().references('tags.id'))
    .addPrimaryKeyConstraint('entry_tags_key', ['entry_id', 'tag_id'])
    .execute();
  await db.schema.createIndex('entry_tags_tag').on('entry_tags').columns(['tag_id', 'entry_id']).execute();
}

async function createHousekeeping(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('deleted_items'), dialect)
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('deleted_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('deleted_items_age').on('deleted_items').columns(['deleted_at']).execute();
  await db.schema
    .createTable('rate_limits')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('hits', 'integer', (column) => column.notNull())
    .addColumn('resets_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('jobs')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('holder', 'text', (column) => column.notNull())
    .addColumn('lease_until', 'bigint', (column) => column.notNull())
    .addColumn('last_success_at', 'bigint')
    .execute();
}
