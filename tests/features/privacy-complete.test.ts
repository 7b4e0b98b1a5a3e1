import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allTables } from '../../src/backup/tables.ts';
import { createTestApp } from '../support/app.ts';

/** Every table that names a person by a column of its own, with the words for it in docs/privacy.md and on /privacy. */
const told: Record<string, [inDocs: string, onPage: string]> = {
  entries: ['| time |', 'Your time'],
  task_comments: ['| comments |', 'Comments'],
  project_members: ['| projects and tasks |', 'Projects you are in'],
  favourites: ['| favourites |', 'Favourites'],
  work_months: ['| time |', 'Your time'],
  task_times: ['| time |', 'Your time'],
  deleted_items: ['| deleted, to be undone |', 'Deleted, can be undone'],
  notices: ['| notices |', 'Messages to you'],
  consents: ['| decisions about telemetry |', 'Decisions about what leaves'],
  ledger_people: ['| ledger |', 'Left about you'],
  audit: ['| audit log |', 'Audit log'],
  sessions: ['| sessions |', 'Where you are signed in'],
  account_links: ['| links |', 'Links to your account'],
  mails: ['| mails |', 'Mails to you'],
  outbox: ['| outbox |', 'Waiting to leave'],
  tasks: ['| projects and tasks |', 'Tasks given to you'],
};

it('every table that names a person is in docs/privacy.md and on /privacy', async () => {
  const app = await createTestApp();
  const tables = await app.deps.db.introspection.getTables();
  const naming = tables
    .filter(({ name }) => allTables.includes(name))
    .filter(({ columns }) => columns.some(({ name }) => name === 'user_id' || name === 'assignee_id'));
  expect(naming.map(({ name }) => name).sort()).toEqual(Object.keys(told).sort());
  const docs = readFileSync('docs/privacy.md', 'utf8');
  const page = (await app.as('bob').get('/privacy')).text;
  for (const [inDocs, onPage] of Object.values(told)) {
    expect(docs).toContain(inDocs);
    expect(page).toContain(onPage);
  }
  expect(docs).toContain('| personal rates |');
  expect(page).toContain('any price or cost rate set for you');
});
