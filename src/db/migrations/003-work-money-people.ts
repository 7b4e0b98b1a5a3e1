import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Dialect } from './column-shapes.ts';
import { id } from './column-shapes.ts';
import { createWorkMonths } from './work-months.ts';

/** Tasks, rates, budgets, who belongs to which project, invitations, notices and the audit log. */
export async function createWorkMoneyPeople(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await extendWork(db);
  await createTasks(db, dialect);
  await createMembers(db);
  await createMoney(db, dialect);
  await createLinks(db, dialect);
  await createMails(db, dialect);
  await createAudit(db, dialect);
}

async function extendWork(db: Kysely<unknown>): Promise<void> {
  const text = (table: string, name: string) =>
    db.schema
      .alterTable(table)
      .addColumn(name, 'text', (column) => column.notNull().defaultTo(''))
      .execute();
  const maybe = (table: string, name: string, type: 'text' | 'bigint') =>
    db.schema.alterTable(table).addColumn(name, type).execute();
  for (const table of ['clients', 'projects']) {
    await text(table, 'code');
    await text(table, 'code_key');
    await text(table, 'description');
  }
  await maybe('clients', 'currency', 'text');
  await text('clients', 'color');
  // No reference, as with entries.
  await maybe('clients', 'created_by', 'bigint');
  await maybe('projects', 'start_date', 'text');
  await maybe('projects', 'due_date', 'text');
  await db.schema
    .alterTable('projects')
    .addColumn('visibility', 'text', (column) =>
      column
        .notNull()
        .defaultTo('everyone')
        .check(sql`visibility in ('everyone', 'members')`),
    )
    .execute();
  await db.schema
    .alterTable('projects')
    .addColumn('budget_period', 'text', (column) =>
      column
        .notNull()
        .defaultTo('total')
        .check(sql`budget_period in ('total', 'monthly')`),
    )
    .execute();
  await maybe('projects', 'budget_seconds', 'bigint');
  await maybe('projects', 'budget_cents', 'bigint');
  await maybe('projects', 'budget_currency', 'text');
  await text('projects', 'budget_thresholds');
  // A code is unique where there is one, whatever its case: SQLite itself folds English letters only.
  await sql`create unique index clients_code on clients (code_key) where code_key <> ''`.execute(db);
  await sql`create unique index projects_code on projects (code_key) where code_key <> ''`.execute(db);
  await db.schema
    .alterTable('users')
    .addColumn('is_placeholder', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  // Whether notices about one's own time come by mail as well: only who wants them gets more mail.
  await db.schema
    .alterTable('users')
    .addColumn('entry_mails', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  // Those about budgets and estimates do, until somebody has enough of them.
  await db.schema
    .alterTable('users')
    .addColumn('budget_mails', 'integer', (column) => column.notNull().defaultTo(1))
    .execute();
}

async function createTasks(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('tasks'), dialect)
    .addColumn('project_id', 'bigint', (column) => column.notNull().references('projects.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('name_key', 'text', (column) => column.notNull())
    .addColumn('description', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) =>
      column.notNull().check(sql`status in ('open', 'in_progress', 'review', 'done')`),
    )
    .addColumn('priority', 'text', (column) =>
      column.notNull().check(sql`priority in ('low', 'normal', 'high', 'urgent')`),
    )
    .addColumn('assignee_id', 'bigint', (column) => column.references('users.id'))
    .addColumn('due_date', 'text')
    .addColumn('estimate_seconds', 'bigint')
    // Where it stands in its column of the board: a number between those of its neighbours.
    .addColumn('board_place', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    // No reference, as with entries.
    .addColumn('updated_by', 'bigint')
    .addColumn('archived_at', 'bigint')
    .addUniqueConstraint('tasks_name', ['project_id', 'name_key'])
    .execute();
  await db.schema.createIndex('tasks_assignee').on('tasks').columns(['assignee_id', 'status']).execute();
  await db.schema.createIndex('tasks_board').on('tasks').columns(['status', 'board_place', 'id']).execute();
  await id(db.schema.createTable('task_comments'), dialect)
    .addColumn('task_id', 'bigint', (column) => column.notNull().references('tasks.id').onDelete('cascade'))
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id'))
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('task_comments_task').on('task_comments').columns(['task_id', 'id']).execute();
  await db.schema
    .alterTable('entries')
    .addColumn('task_id', 'bigint', (column) => column.references('tasks.id'))
    .execute();
  await sql`create index entries_task on entries (task_id, local_date, started_at) where task_id is not null`.execute(
    db,
  );
  // Who booked it and who changed it last, where that was not the person whose time it is. No references: the trace
  // outlives them.
  for (const name of ['created_by', 'updated_by'] as const)
    await db.schema.alterTable('entries').addColumn(name, 'bigint').execute();
}

async function createMembers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('project_members')
    .addColumn('project_id', 'bigint', (column) =>
      column.notNull().references('projects.id').onDelete('cascade'),
    )
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('is_manager', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('project_members_key', ['project_id', 'user_id'])
    .execute();
  await db.schema
    .createIndex('project_members_person')
    .on('project_members')
    .columns(['user_id', 'is_manager', 'project_id'])
    .execute();
  // The first projects by name, on every page, without sorting all there are.
  await db.schema.createIndex('projects_by_name').on('projects').columns(['name_key', 'id']).execute();
  // Which clients somebody sees is asked of their projects, client by client.
  await db.schema
    .createIndex('projects_by_client')
    .on('projects')
    .columns(['client_id', 'visibility', 'id'])
    .execute();
  await db.schema
    .createTable('favourites')
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('project_id', 'bigint', (column) =>
      column.notNull().references('projects.id').onDelete('cascade'),
    )
    .addPrimaryKeyConstraint('favourites_key', ['user_id', 'project_id'])
    .execute();
}

async function createMoney(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('rates'), dialect)
    .addColumn('kind', 'text', (column) => column.notNull().check(sql`kind in ('billable', 'cost')`))
    // Which of the six levels, and of what: 'task:5', 'member:3:7' (project, person), 'project:3', 'person:7',
    // 'client:2', 'default'.
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('amount_cents', 'bigint', (column) => column.notNull().check(sql`amount_cents >= 0`))
    .addColumn('currency', 'text', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addUniqueConstraint('rates_scope', ['kind', 'scope'])
    .execute();
  for (const name of ['rate_cents', 'cost_rate_cents', 'rate_id', 'cost_rate_id'] as const)
    await db.schema.alterTable('entries').addColumn(name, 'bigint').execute();
  for (const name of ['currency', 'cost_currency'] as const)
    await db.schema.alterTable('entries').addColumn(name, 'text').execute();
  await sql`create index entries_rate on entries (rate_id) where rate_id is not null`.execute(db);
  await sql`create index entries_cost_rate on entries (cost_rate_id) where cost_rate_id is not null`.execute(
    db,
  );
  // Reports of money, too, are answered from the index alone.
  await db.schema.dropIndex('entries_day').execute();
  const day = ['local_date', 'project_id', 'user_id', 'billable', 'started_at', 'ended_at'];
  await db.schema
    .createIndex('entries_day')
    .on('entries')
    .columns([...day, 'currency', 'rate_cents', 'cost_currency', 'cost_rate_cents'])
    .execute();
  await id(db.schema.createTable('notices'), dialect)
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    // Once per person: 'budget:3:2026-03:80'.
    .addColumn('once_key', 'text', (column) => column.notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('read_at', 'bigint')
    .addUniqueConstraint('notices_once', ['user_id', 'once_key'])
    .execute();
  // The bell of every page asks for it.
  await sql`create index notices_unread on notices (user_id) where read_at is null`.execute(db);
  await createWorkMonths(db, dialect);
}

/** Invitations and password resets: a secret in a link, its hash here. */
async function createLinks(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('account_links'), dialect)
    .addColumn('kind', 'text', (column) =>
      column.notNull().check(sql`kind in ('invitation', 'password_reset')`),
    )
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('token_hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_by', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('used_at', 'bigint')
    .execute();
  await db.schema.createIndex('account_links_person').on('account_links').columns(['user_id']).execute();
  // Each attempt to mail a link carries a token of its own, because the one shown to the administrator is kept nowhere.
  await db.schema
    .createTable('link_tokens')
    .addColumn('token_hash', 'text', (column) => column.primaryKey())
    .addColumn('link_id', 'bigint', (column) =>
      column.notNull().references('account_links.id').onDelete('cascade'),
    )
    .execute();
  await db.schema.createIndex('link_tokens_link').on('link_tokens').columns(['link_id']).execute();
}

/** Mails that wait, and what became of them. What they say is written when they are sent. */
async function createMails(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('mails'), dialect)
    .addColumn('user_id', 'bigint', (column) => column.notNull().references('users.id').onDelete('cascade'))
    // One of the two: it goes with what it tells of.
    .addColumn('link_id', 'bigint', (column) =>
      column.unique().references('account_links.id').onDelete('cascade'),
    )
    .addColumn('notice_id', 'bigint', (column) =>
      column.unique().references('notices.id').onDelete('cascade'),
    )
    .addColumn('origin', 'text')
    .addColumn('message_id', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) =>
      column.notNull().check(sql`state in ('waiting', 'sent', 'given_up')`),
    )
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_try_at', 'bigint', (column) => column.notNull())
    .addColumn('give_up_at', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('status', 'integer')
    .addColumn('problem', 'text')
    .addCheckConstraint('mails_of_one', sql`(link_id is null) <> (notice_id is null)`)
    .execute();
  await sql`create index mails_waiting on mails (next_try_at) where state = 'waiting'`.execute(db);
  await db.schema.createIndex('mails_person').on('mails').columns(['user_id']).execute();
}

async function createAudit(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await id(db.schema.createTable('audit'), dialect)
    .addColumn('at', 'bigint', (column) => column.notNull())
    // No references: the log outlives what it tells of.
    .addColumn('actor_id', 'bigint')
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('subject_id', 'bigint')
    .addColumn('user_id', 'bigint')
    .addColumn('content', 'text', (column) => column.notNull())
    .addColumn('previous_hash', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('audit_person').on('audit').columns(['user_id', 'id']).execute();
  await db.schema.createIndex('audit_actor').on('audit').columns(['actor_id', 'id']).execute();
  // Where the chain ends: without it, nothing would tell that the newest records were taken away.
  await db.schema
    .createTable('audit_head')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('record_count', 'bigint', (column) => column.notNull())
    .addColumn('last_hash', 'text', (column) => column.notNull())
    .execute();
  await sql`insert into audit_head (id, record_count, last_hash) values (1, 0, ${'0'.repeat(64)})`.execute(
    db,
  );
}
