import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appendAudit, verifyAudit } from '../../src/features/audit/audit.ts';
import type { AuditEntry } from '../../src/features/audit/audit.ts';
import type { TestApp } from '../support/app.ts';
import { createPerson, createTestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ environment: { LOGIN_ATTEMPTS: '1000' } });
  const { hashPassword } = await import('../../src/features/accounts/passwords.ts');
  await app.deps.db
    .updateTable('users')
    .set({ password_hash: await hashPassword('a long password') })
    .where('id', '=', app.ids.alice)
    .execute();
});

const userNamed = (name: string) =>
  app.deps.db.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst();
const idNamed = async (name: string): Promise<number> => (await userNamed(name))?.id ?? 0;
const eventsNamed = (event: string) => app.logLines().filter((line) => line['event'] === event);
const linkIn = (page: { text: string }): string =>
  /value="(http:[^"]+token=[\w-]{43})"/.exec(page.text)?.[1]?.replace(/^http:\/\/[^/]+/, '') ?? '';
const auditOf = async (action: string) =>
  app.deps.db
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', action)
    .orderBy('id', 'desc')
    .executeTakeFirst();
const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));

async function book(user_id: number, more: Record<string, unknown> = {}): Promise<number> {
  const ended_at = app.clock.now - 3_600_000;
  const row = {
    ...{ user_id, project_id: null, description: 'work', started_at: ended_at - 7_200_000, ended_at },
    ...{ zone: 'Europe/Berlin', local_date: '2026-03-04', billable: 0 as const, source: 'manual' as const },
    ...{ created_at: ended_at, updated_at: ended_at, ...more },
  };
  const { id } = await app.deps.db
    .insertInto('entries')
    .values(row)
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

let invitations = 0;
async function invite(more: Record<string, string | string[]> = {}) {
  invitations += 1;
  const fields = {
    name: `Guest ${invitations}`,
    email: `guest${invitations}@example.com`,
    role: 'member',
    locale: 'en',
  };
  const page = await app.as('alice').post('/admin/users', { ...fields, ...more });
  return { page, path: linkIn(page), name: fields.name, email: fields.email, id: await idNamed(fields.name) };
}

describe('an invitation', () => {
  it('is a person without a password, a link shown once, an event and an audit record', async () => {
    const { page, path, id, name } = await invite({ role: 'manager' });
    expect(page.status).toBe(200);
    expect(page.headers['cache-control']).toBe('no-store');
    expect(path).toMatch(/^\/invitation\?token=/);
    expect(await userNamed(name)).toMatchObject({ role: 'manager', password_hash: null, time_zone: 'UTC' });
    expect(eventsNamed('admin.user_created').at(-1)).toMatchObject({ role: 'manager', source: 'invitation' });
    expect(await auditOf('person.invited')).toMatchObject({ actor_id: app.ids.alice, user_id: id });
    const again = await app.as('alice').get(`/admin/users/${id}`).expect(200);
    expect(again.text).not.toContain(path.split('=')[1] ?? '');
    expect(main(again)).toContain('An invitation is open');
    const reload = await app.as('alice').get(`/admin/users/${id}/link`);
    expect(reload.headers['location']).toBe(`/admin/users/${id}`);
    const { token_hash } = await app.deps.db
      .selectFrom('account_links')
      .select('token_hash')
      .where('user_id', '=', id)
      .executeTakeFirstOrThrow();
    expect(path).not.toContain(token_hash);
  });

  it('opens once: name and password, then signed in', async () => {
    const { path, id } = await invite();
    const page = await app.stranger.get(path).expect(200);
    expect(page.text).toContain('Welcome to TimeTracker');
    const token = path.split('=')[1] ?? '';
    const weak = await app.stranger
      .post('/invitation', { token, name: 'Gwen', password: 'short' })
      .expect(422);
    expect(weak.text).toContain('At least 10 characters.');
    expect((await userNamed('Gwen'))?.id).toBeUndefined();
    const done = await app.stranger.post('/invitation', {
      token,
      name: 'Gwen',
      password: 'long enough words',
    });
    expect(done.status).toBe(303);
    expect(done.headers['location']).toBe('/timer');
    expect(String(done.headers['set-cookie'])).toContain('tt_session=');
    expect(await userNamed('Gwen')).toMatchObject({ id });
    expect(eventsNamed('account.joined').at(-1)).toMatchObject({ role: 'member', user_id: id });
    await app.stranger.get(path).expect(404);
    const twice = await app.stranger.post('/invitation', {
      token,
      name: 'Eve',
      password: 'long enough words',
    });
    expect(twice.status).toBe(404);
    expect(twice.text).toContain('This link opens nothing');
    const signIn = { email: (await userNamed('Gwen'))?.email ?? '', password: 'long enough words' };
    expect((await app.stranger.post('/login', signIn)).headers['location']).toBe('/timer');
  });

  it('of two who open it at once, lets one in', async () => {
    const { path } = await invite();
    const token = path.split('=')[1] ?? '';
    const answers = await Promise.all(
      ['One', 'Two'].map((name) =>
        app.stranger.post('/invitation', { token, name, password: 'long enough words' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 404]);
  });

  it('ends after seven days, when revoked, and when a new one is made', async () => {
    const old = await invite();
    app.clock.now += 7 * 86_400_000 - 1_000;
    await app.stranger.get(old.path).expect(200);
    app.clock.now += 2_000;
    await app.stranger.get(old.path).expect(404);
    expect(main(await app.as('alice').get(`/admin/users/${old.id}`))).toContain('No invitation is open');
    const renewed = await app.as('alice').post(`/admin/users/${old.id}/link`).expect(200);
    await app.stranger.get(linkIn(renewed)).expect(200);
    const newer = await app.as('alice').post(`/admin/users/${old.id}/link`).expect(200);
    await app.stranger.get(linkIn(renewed)).expect(404);
    await app.as('alice').post(`/admin/users/${old.id}/link/revoke`).expect(303);
    await app.stranger.get(linkIn(newer)).expect(404);
    expect(await auditOf('person.link_revoked')).toMatchObject({ subject_id: old.id });
  });

  it.each([
    [{ name: ' ' }, 'Please fill this in.'],
    [{ email: 'nobody' }, 'Please enter an e-mail address'],
    [{ email: 'BOB@example.com' }, 'Bob was invited with this address already.'],
    [{ role: 'owner' }, 'Please choose one of the offered values.'],
    [{ locale: 'fr' }, 'Please choose one of the offered values.'],
    [{ name: 'x'.repeat(10_000) }, 'At most 120 characters.'],
  ])('answers %j with the form, the sentence and nobody added', async (fields, sentence) => {
    const count = async () => (await app.deps.db.selectFrom('users').select('id').execute()).length;
    const before = await count();
    const { page } = await invite(fields);
    expect(page.status).toBe(422);
    expect(page.text).toContain(sentence);
    expect(await count()).toBe(before);
  });

  it('tells whose address it is when that somebody is not in, and leads to them', async () => {
    const { id, name, email } = await invite();
    const { page: invited } = await invite({ email: email.toUpperCase() });
    expect(invited.status).toBe(422);
    expect(invited.text).toContain(`${name} was invited with this address already`);
    expect(invited.text).toContain(`href="/admin/users/${id}"`);
    const { db } = app.deps;
    await db.updateTable('users').set({ password_hash: 'x' }).where('id', '=', id).execute();
    const { page: active } = await invite({ email });
    expect(active.text).toContain('Somebody else uses this address.');
    await app.as('alice').post(`/admin/users/${id}/deactivate`).expect(303);
    const { page: former } = await invite({ email });
    expect(former.text).toContain(`${name} has this address and was deactivated`);
    expect(former.text).toContain(`href="/admin/users/${id}"`);
  });

  it('makes a member of projects that only members see', async () => {
    const { id: project_id } = await app.deps.db
      .insertInto('projects')
      .values({
        ...{ name: 'Closed', name_key: 'closed', client_id: null, color: 'red', billable: 1 },
        ...{ created_at: 0, archived_at: null, visibility: 'members' },
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    expect((await app.as('alice').get('/admin/users/new').expect(200)).text).toContain('Closed');
    const { id } = await invite({ project_id: [String(project_id)] });
    const rows = await app.deps.db
      .selectFrom('project_members')
      .selectAll()
      .where('user_id', '=', id)
      .execute();
    expect(rows).toEqual([{ project_id, user_id: id, is_manager: 0 }]);
  });

  it('opens nothing for nonsense', async () => {
    for (const token of ['', 'x', 'A'.repeat(43), '%00', "' or 1=1"])
      await app.stranger.get(`/invitation?token=${encodeURIComponent(token)}`).expect(404);
    await app.stranger.post('/invitation', { token: ['a', 'b'] }).expect(404);
    const { path } = await invite();
    // An invitation is no password link.
    await app.stranger.get(path.replace('/invitation', '/password/reset')).expect(404);
  });
});

describe('a new password', () => {
  it('comes by a link of an administrator, and ends every session', async () => {
    const token =
      linkIn(await app.as('alice').post(`/admin/users/${await joined('Rita')}/link`)).split('=')[1] ?? '';
    await app.stranger.get(`/password/reset?token=${token}`).expect(200);
    const done = await app.stranger.post('/password/reset', { token, password: 'another long one' });
    expect(done.headers['location']).toBe('/timer');
    const sessions = await app.deps.db
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', await idNamed('Rita'))
      .execute();
    expect(sessions).toHaveLength(1);
    expect(await auditOf('person.password_reset')).toMatchObject({ user_id: await idNamed('Rita') });
  });

  it('without mail is a matter for the administrator', async () => {
    const page = await app.stranger.get('/password/forgot').expect(200);
    expect(page.text).toContain('Ask your administrator');
    const asked = await app.stranger.post('/password/forgot', { email: 'bob@example.com' }).expect(200);
    expect(asked.text).toContain('Ask your administrator');
    expect((await app.stranger.get('/login')).text).toContain('/password/forgot');
  });
});

async function joined(name: string): Promise<number> {
  const { path } = await invite();
  const token = path.split('=')[1] ?? '';
  await app.stranger.post('/invitation', { token, name, password: 'long enough words' }).expect(303);
  return idNamed(name);
}

describe('the list of people', () => {
  it('searches, filters and pages, and never says who is here', async () => {
    const rows = Array.from({ length: 60 }, (_, index) => ({
      ...{ email: `bulk${index}@example.com`, email_key: `bulk${index}@example.com`, name: `Bulk ${index}` },
      ...{ password_hash: 'x', role: 'member' as const, locale: 'en', time_zone: 'UTC', week_start: 1 },
      ...{ duration_format: 'clock' as const, theme: 'system' as const, created_at: 0, deactivated_at: null },
    }));
    await app.deps.db.insertInto('users').values(rows).execute();
    const first = main(await app.as('alice').get('/admin/users?q=BULK').expect(200));
    expect(first.match(/>Bulk \d+</g)).toHaveLength(50);
    expect(main(await app.as('alice').get('/admin/users?q=bulk&page=2')).match(/>Bulk \d+</g)).toHaveLength(
      10,
    );
    expect(main(await app.as('alice').get('/admin/users?q=bulk7@'))).toContain('Bulk 7');
    expect(main(await app.as('alice').get('/admin/users?role=admin'))).not.toContain('Bob');
    expect(main(await app.as('alice').get('/admin/users?state=invited'))).toContain('invited');
    expect(main(await app.as('alice').get('/admin/users?q=%25'))).toContain('Nobody here');
    for (const query of ['q=%00', 'state=x', 'role=x', 'page=0'])
      expect(main(await app.as('alice').get(`/admin/users?${query}`).expect(422))).toContain('role="alert"');
    expect(first).not.toMatch(/last seen|online|last used/i);
  });

  it('asks as many statements for sixty people as for one', async () => {
    const statements = async (path: string) => {
      const before = await queries();
      await app.as('alice').get(path).expect(200);
      return (await queries()) - before;
    };
    await statements('/admin/users');
    expect(await statements('/admin/users?q=bulk')).toBe(await statements('/admin/users?q=bulk7@'));
  });
});

async function queries(): Promise<number> {
  const { text } = await app.stranger.get('/metrics').expect(200);
  return [...text.matchAll(/^tt_db_query_seconds_count\{[^}]*\} (\d+)/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

describe('a change of a person', () => {
  it('stores name, address and role, and tells the audit log without either', async () => {
    const id = await joined('Paul');
    const changed = { name: 'Paula', email: 'paula@example.com', role: 'manager' };
    await app.as('alice').post(`/admin/users/${id}`, changed).expect(303);
    expect(await userNamed('Paula')).toMatchObject({ ...changed, id });
    const record = await auditOf('person.updated');
    expect(JSON.parse(record?.content ?? '')).toEqual({
      ...{ role: 'manager', role_before: 'member', name_changed: true, email_changed: true },
    });
    expect(eventsNamed('admin.user_updated').at(-1)).toMatchObject({ change: 'role', source: 'page' });
    const taken = await app
      .as('alice')
      .post(`/admin/users/${id}`, { ...changed, email: 'bob@example.com' })
      .expect(422);
    expect(taken.text).toContain('Somebody else uses this address.');
  });

  it('is not asked for by an address that no database takes', async () => {
    const form = { name: 'Nul', email: 'a\0b@example.com', role: 'member', locale: 'en' };
    const page = await app.as('alice').post('/admin/users', form).expect(422);
    expect(page.text).toContain('aria-invalid');
  });

  it('never takes the last administrator away', async () => {
    const own = { name: 'Alice', email: 'alice@example.com', role: 'member' };
    const page = await app.as('alice').post(`/admin/users/${app.ids.alice}`, own).expect(422);
    expect(page.text).toContain('This is the last administrator.');
    for (const action of ['deactivate', 'delete'])
      expect(
        (await app.as('alice').post(`/admin/users/${app.ids.alice}/${action}`).expect(422)).text,
      ).toContain('You cannot end your own access here.');
    expect(await userNamed('Alice')).toMatchObject({ role: 'admin', deactivated_at: null });
  });

  it('leaves one of two administrators who demote each other at once', async () => {
    const { deps } = app;
    const { savePerson } = await import('../../src/features/people/people.ts');
    const id = await joined('Second');
    await deps.db.updateTable('users').set({ role: 'admin' }).where('id', '=', id).execute();
    const demote = (person_id: number, name: string, email: string, actor_id: number) =>
      deps.change({ user_id: actor_id }, (trx, record) =>
        savePerson(trx, record, {
          ...{ id: person_id, form: { name, email, role: 'member' as const, version: '' } },
          by: { actor_id, now: app.clock.now, mail_origin: null },
        }),
      );
    const second = await userNamed('Second');
    const results = await Promise.all([
      demote(app.ids.alice, 'Alice', 'alice@example.com', id),
      demote(id, 'Second', second?.email ?? '', app.ids.alice),
    ]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    await deps.db.updateTable('users').set({ role: 'admin' }).where('id', '=', app.ids.alice).execute();
    await deps.db.updateTable('users').set({ role: 'member' }).where('id', '=', id).execute();
  });
});

describe('an administrator who steps down', () => {
  it('is led to a page that they may see', async () => {
    const form = { name: 'Alice', email: 'alice@example.com', role: 'member' };
    const alone = await app.as('alice').post(`/admin/users/${app.ids.alice}`, form).expect(422);
    expect(main(alone)).toContain('This is the last administrator.');
    const other = await joined('Successor');
    const { db } = app.deps;
    await db.updateTable('users').set({ role: 'admin' }).where('id', '=', other).execute();
    const done = await app.as('alice').post(`/admin/users/${app.ids.alice}`, form).expect(303);
    expect(done.headers['location']).toBe('/timer');
    expect((await app.as('alice').get('/timer').expect(200)).text).toContain('The person was saved.');
    await app.as('alice').get('/admin/users').expect(404);
    await db.updateTable('users').set({ role: 'admin' }).where('id', '=', app.ids.alice).execute();
    await db.updateTable('users').set({ role: 'member' }).where('id', '=', other).execute();
  });

  it('and two tabs that change a person are told of each other', async () => {
    const id = await joined('Twice');
    const email = (await userNamed('Twice'))?.email ?? '';
    const shown = versionIn(await app.as('alice').get(`/admin/users/${id}`));
    const save = (role: string, version: string) =>
      app.as('alice').post(`/admin/users/${id}`, { name: 'Twice', email, role, version });
    await save('manager', shown).expect(303);
    const refused = await save('admin', shown).expect(422);
    expect(main(refused)).toContain('Somebody changed this person since you opened it.');
    expect(await userNamed('Twice')).toMatchObject({ role: 'manager' });
    await save('member', versionIn(refused)).expect(303);
    expect(await userNamed('Twice')).toMatchObject({ role: 'member' });
  });
  const versionIn = (page: { text: string }): string =>
    /name="version" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
});

describe('somebody who leaves', () => {
  it('keeps the time, loses sessions and links, and has the timer stopped and booked', async () => {
    const id = await joined('Leaver');
    await book(id);
    const running = await book(id, { ended_at: null, started_at: app.clock.now - 600_000 });
    await app.as('alice').post(`/admin/users/${id}/link`).expect(200);
    const answer = await app.as('alice').post(`/admin/users/${id}/deactivate`).expect(303);
    expect(answer.headers['location']).toBe(`/admin/users/${id}`);
    const { db } = app.deps;
    expect(await userNamed('Leaver')).toMatchObject({ deactivated_at: app.clock.now });
    expect(await db.selectFrom('entries').select('id').where('user_id', '=', id).execute()).toHaveLength(2);
    const stopped = await db.selectFrom('entries').selectAll().where('id', '=', running).executeTakeFirst();
    expect(stopped).toMatchObject({ ended_at: app.clock.now });
    expect(await db.selectFrom('sessions').select('id').where('user_id', '=', id).execute()).toEqual([]);
    expect(
      await db
        .selectFrom('account_links')
        .select('id')
        .where('user_id', '=', id)
        .where('used_at', 'is', null)
        .execute(),
    ).toEqual([]);
    expect((await app.as('alice').get(`/admin/users/${id}`)).text).toContain(
      'their running timer was stopped',
    );
    const login = { email: (await userNamed('Leaver'))?.email ?? '', password: 'long enough words' };
    await app.stranger.post('/login', login).expect(422);
    await app.as('alice').post(`/admin/users/${id}/activate`).expect(303);
    await app.stranger.post('/login', login).expect(303);
  });

  it('is said to leave projects and tasks behind, which stay theirs', async () => {
    const id = await joined('Lead');
    await app.as('alice').post('/projects', { name: 'Led by Lead' }).expect(303);
    const project = await app.deps.db
      .selectFrom('projects')
      .select('id')
      .where('name', '=', 'Led by Lead')
      .executeTakeFirstOrThrow();
    await app
      .as('alice')
      .post(`/projects/${project.id}/members`, { user_id: String(id), is_manager: '1' })
      .expect(303);
    for (const [name, status] of [
      ['Theirs', 'open'],
      ['Finished', 'done'],
    ] as const)
      await app
        .as('alice')
        .post('/tasks', { name, status, project_id: String(project.id), assignee_id: String(id) })
        .expect(303);
    const page = main(await app.as('alice').get(`/admin/users/${id}`).expect(200));
    expect(page).toContain('They manage 1 project and have 1 open task');
    expect(page).toContain(`href="/tasks?assignee=${id}"`);
    await app.as('alice').post(`/admin/users/${id}/deactivate`).expect(303);
    const tasks = main(await app.as('alice').get(`/tasks?assignee=${id}`).expect(200));
    expect(tasks).toContain('Theirs');
    // Nobody new is given to them.
    const form = main(await app.as('alice').get(`/tasks/new?project_id=${project.id}`).expect(200));
    expect(form).not.toContain('>Lead<');
  });

  it('is not deleted when there is time, and is when there is none', async () => {
    const id = await joined('Kept');
    await book(id);
    const page = await app.as('alice').post(`/admin/users/${id}/delete`).expect(422);
    expect(page.text).toContain('Deactivate them instead');
    expect(page.text).not.toContain('Delete this person');
    const { id: mistake } = await invite();
    await app.as('alice').post(`/admin/users/${mistake}/delete`).expect(303);
    expect(eventsNamed('admin.user_deleted')).toHaveLength(1);
    await app.as('alice').get(`/admin/users/${mistake}`).expect(404);
  });
});

describe('a person without an account', () => {
  async function placeholder(name: string): Promise<number> {
    await app.as('alice').post('/admin/users/placeholders', { name }).expect(303);
    return idNamed(name);
  }

  it('has time that is booked for them, and cannot get in', async () => {
    const id = await placeholder('Ghost');
    expect(await userNamed('Ghost')).toMatchObject({ is_placeholder: 1, email: '', role: 'member' });
    const booked = await app
      .as('alice')
      .post('/entries', { user_id: id, text: 'their work', local_date: '2026-03-03', duration: '2h' });
    expect(booked.status).toBe(303);
    const entries = await app.deps.db.selectFrom('entries').selectAll().where('user_id', '=', id).execute();
    expect(entries).toMatchObject([{ created_by: app.ids.alice, duration_seconds: 7200 }]);
    await app.as('alice').post(`/admin/users/${id}/link`).expect(422);
    expect(
      (await app.as('alice').post('/admin/users/placeholders', { name: '' }).expect(422)).text,
    ).toContain('Please fill this in.');
  });

  it('is invited later and keeps the time', async () => {
    const id = await placeholder('Later');
    await book(id);
    const fields = { name: 'Later', email: 'later@example.com', role: 'member', locale: 'de' };
    expect(
      (await app.as('alice').post(`/admin/users/${id}/invite`, { ...fields, email: 'bob@example.com' })).text,
    ).toContain('Bob was invited with this address already.');
    const page = await app.as('alice').post(`/admin/users/${id}/invite`, fields).expect(200);
    await app.stranger.get(linkIn(page)).expect(200);
    expect(await userNamed('Later')).toMatchObject({ id, is_placeholder: 0, email: 'later@example.com' });
    await app
      .as('alice')
      .post(`/admin/users/${id}/invite`, { ...fields, email: 'x@example.com' })
      .expect(422);
  });

  it('is merged into an account in one go, with the counts shown before', async () => {
    const id = await placeholder('Double');
    const { db } = app.deps;
    await book(id);
    const { id: project_id } = await db
      .insertInto('projects')
      .values({
        name: 'P',
        name_key: 'p',
        client_id: null,
        color: 'red',
        billable: 1,
        created_at: 0,
        archived_at: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db
      .insertInto('project_members')
      .values([
        { project_id, user_id: id, is_manager: 1 },
        { project_id, user_id: app.ids.bob, is_manager: 0 },
      ])
      .execute();
    const rates = [`person:${id}`, `member:${project_id}:${id}`].map((scope) => ({
      ...{ kind: 'billable' as const, scope, amount_cents: 5000, currency: 'EUR', updated_at: 0 },
    }));
    await db.insertInto('rates').values(rates).execute();
    const preview = await app.as('alice').get(`/admin/users/${id}/merge?into_id=${app.ids.bob}`).expect(200);
    expect(main(preview)).toContain('1 · 2:00:00');
    expect(await userNamed('Double')).toBeDefined();
    const shown = /name="shown" value="([^"]+)"/.exec(preview.text)?.[1] ?? '';
    const merge = (said: string) =>
      app.as('alice').post(`/admin/users/${id}/merge`, { into_id: app.ids.bob, shown: said });
    // Nothing was shown, or something else than there is by now, or somebody who was still here.
    expect((await merge('').expect(422)).text).toContain('it is not as it was shown any more');
    await book(id);
    const again = await merge(shown).expect(422);
    expect(main(again)).toContain('2 · 4:00:00');
    // Not through the page, which would sign him out.
    const left = (deactivated_at: number | null) =>
      db.updateTable('users').set({ deactivated_at }).where('id', '=', app.ids.bob).execute();
    await left(app.clock.now);
    const former = await merge(/name="shown" value="([^"]+)"/.exec(again.text)?.[1] ?? '').expect(422);
    expect(former.text).toContain('Bob is deactivated');
    await left(null);
    expect(await userNamed('Double')).toBeDefined();
    await merge(/name="shown" value="([^"]+)"/.exec(again.text)?.[1] ?? '').expect(303);
    expect(await userNamed('Double')).toBeUndefined();
    const entries = await db.selectFrom('entries').select('id').where('user_id', '=', app.ids.bob).execute();
    expect(entries).toHaveLength(2);
    const members = await db
      .selectFrom('project_members')
      .selectAll()
      .where('project_id', '=', project_id)
      .execute();
    expect(members).toEqual([{ project_id, user_id: app.ids.bob, is_manager: 1 }]);
    const scopes = await db.selectFrom('rates').select('scope').orderBy('scope').execute();
    expect(scopes).toEqual([
      { scope: `member:${project_id}:${app.ids.bob}` },
      { scope: `person:${app.ids.bob}` },
    ]);
    expect(JSON.parse((await auditOf('person.merged'))?.content ?? '')).toMatchObject({
      placeholder_id: id,
      entries: 2,
    });
  });

  it.each([
    ['', 'Please fill this in.'],
    ['99999999', 'Please choose one of the offered values.'],
    ['x', 'Please choose one of the offered values.'],
  ])('is not merged into %j', async (into_id, sentence) => {
    const id = await placeholder(`Nobody (${into_id})`);
    const page = await app.as('alice').post(`/admin/users/${id}/merge`, { into_id }).expect(422);
    expect(page.text).toContain(sentence);
    await app
      .as('alice')
      .post(`/admin/users/${id}/merge`, { into_id: String(id) })
      .expect(422);
    await app
      .as('alice')
      .post(`/admin/users/${app.ids.bob}/merge`, { into_id: String(id) })
      .expect(422);
    expect(await userNamed(`Nobody (${into_id})`)).toBeDefined();
  });
});

describe('settings of the instance', () => {
  const settings = {
    ...{
      used_by: 'team',
      time_zone: 'Europe/Vienna',
      currency: 'CHF',
      week_start: '7',
      duration_format: 'decimal',
    },
  };
  it('are stored, audited, and told once for each that changed', async () => {
    await app.deps.db.deleteFrom('rates').execute();
    await app.as('alice').post('/admin/settings', settings).expect(303);
    expect(await app.deps.settings.read()).toMatchObject({ ...settings, week_start: 7 });
    expect(eventsNamed('admin.settings_updated')).toHaveLength(5);
    expect(JSON.parse((await auditOf('settings.updated'))?.content ?? '')).toMatchObject({
      ...{ currency: 'CHF', currency_before: 'EUR' },
    });
    await app.as('alice').post('/admin/settings', settings).expect(303);
    expect(eventsNamed('admin.settings_updated')).toHaveLength(5);
    const { name } = await invite();
    expect(await userNamed(name)).toMatchObject({ time_zone: 'Europe/Vienna', duration_format: 'decimal' });
  });

  it.each([
    [{ time_zone: 'Mars/Olympus' }, 'Please choose a time zone from the list.'],
    [{ currency: 'XYZ1' }, 'At most 3 characters.'],
    [{ currency: 'QQQ' }, 'three-letter currency code'],
    [{ week_start: '3' }, 'Please choose one of the offered values.'],
    [{ used_by: '' }, 'Please choose one of the offered values.'],
  ])('refuse %j', async (fields, sentence) => {
    const page = await app
      .as('alice')
      .post('/admin/settings', { ...settings, ...fields })
      .expect(422);
    expect(page.text).toContain(sentence);
  });
});

describe('the audit log', () => {
  it('is shown with names, filtered and paged', async () => {
    const page = main(await app.as('alice').get('/admin/audit').expect(200));
    expect(page).toContain('Alice');
    expect(page).toContain('changed settings');
    expect(page).not.toContain('@example.com');
    const people = main(await app.as('alice').get('/admin/audit?subject=person'));
    expect(people).not.toContain('changed settings');
    expect(main(await app.as('alice').get('/admin/audit?from=2030-01-01'))).toContain('Nothing found');
    for (const query of ['subject=x', 'from=x', 'person_id=x', 'before_id=-1'])
      await app.as('alice').get(`/admin/audit?${query}`).expect(422);
    expect(main(await app.as('alice').get('/admin/audit/check'))).toContain('as they were written');
  });

  it('shows a record that was changed, removed or put in', async () => {
    const { db } = app.deps;
    expect(await verifyAudit(db)).toMatchObject({ ok: true });
    const row = await db
      .selectFrom('audit')
      .selectAll()
      .orderBy('id')
      .limit(1)
      .offset(3)
      .executeTakeFirstOrThrow();
    await db.updateTable('audit').set({ content: '{"role":"admin"}' }).where('id', '=', row.id).execute();
    expect(await verifyAudit(db)).toEqual({ ok: false, broken: 'record', audit_id: row.id });
    expect((await app.as('alice').get('/admin/audit/check')).text).toContain(`Record ${row.id} is not`);
    await db.updateTable('audit').set({ content: row.content }).where('id', '=', row.id).execute();
    expect(await verifyAudit(db)).toMatchObject({ ok: true });
    await db.deleteFrom('audit').where('id', '=', row.id).execute();
    expect(await verifyAudit(db)).toMatchObject({ ok: false });
    await db.insertInto('audit').values(row).execute();
    expect(await verifyAudit(db)).toMatchObject({ ok: true });
  });

  it('shows that the newest records are gone, all of them, or what counts them', async () => {
    const { db } = app.deps;
    const rows = await db.selectFrom('audit').selectAll().orderBy('id').execute();
    const tell = async () => main(await app.as('alice').get('/admin/audit/check'));
    await db
      .deleteFrom('audit')
      .where('id', '>', rows.at(-3)?.id ?? 0)
      .execute();
    const end = { ok: false, broken: 'end', expected: rows.length };
    expect(await verifyAudit(db)).toEqual({ ...end, count: rows.length - 2 });
    expect(await tell()).toContain(`${rows.length} records were written, and ${rows.length - 2} are here`);
    // What is written after that goes on from the end that was, so it does not hide the gap.
    await app.deps.change({ user_id: null }, (trx) => appendAudit(trx, someRecord()));
    expect(await verifyAudit(db)).toMatchObject({ ok: false });
    await db.deleteFrom('audit').execute();
    expect(await verifyAudit(db)).toMatchObject({ broken: 'end', count: 0 });
    expect(await tell()).toContain('none is here');
    await db.insertInto('audit').values(rows).execute();
    const head = { record_count: rows.length, last_hash: rows.at(-1)?.hash ?? '' };
    await db.updateTable('audit_head').set(head).execute();
    expect(await verifyAudit(db)).toEqual({ ok: true, count: rows.length });
    // A record that was put in at the end and fits, without being counted.
    await db
      .updateTable('audit_head')
      .set({ ...head, record_count: rows.length - 1 })
      .execute();
    expect(await verifyAudit(db)).toMatchObject({ broken: 'end', count: rows.length });
    // The newest record was written anew, and fits the one before it.
    const before = { record_count: rows.length - 1, last_hash: rows.at(-2)?.hash ?? '' };
    await db
      .deleteFrom('audit')
      .where('id', '=', rows.at(-1)?.id ?? 0)
      .execute();
    await db.updateTable('audit_head').set(before).execute();
    await app.deps.change({ user_id: null }, (trx) => appendAudit(trx, someRecord()));
    expect(await verifyAudit(db)).toMatchObject({ ok: true });
    await db.updateTable('audit_head').set(head).execute();
    expect(await verifyAudit(db)).toMatchObject({ broken: 'end', count: rows.length });
    expect(await tell()).toContain('although their number is right');
    await db.deleteFrom('audit').execute();
    await db.insertInto('audit').values(rows).execute();
    await db.deleteFrom('audit_head').execute();
    expect(await verifyAudit(db)).toEqual({ ok: false, broken: 'head' });
    expect(await tell()).toContain('Nothing says any more how many');
    await db
      .insertInto('audit_head')
      .values({ id: 1, ...head })
      .execute();
    expect(await verifyAudit(db)).toMatchObject({ ok: true });
  });

  const someRecord = (subject_id = 1): AuditEntry => ({
    ...{ at: app.clock.now, actor_id: app.ids.alice, action: 'rate.updated', subject: 'rate', subject_id },
    ...{ user_id: null, content: {} },
  });

  it('stays one chain when many write at once', async () => {
    const write = (subject_id: number) =>
      app.deps.change({ user_id: app.ids.alice }, (trx) => appendAudit(trx, someRecord(subject_id)));
    await Promise.all(Array.from({ length: 20 }, (_, index) => write(index)));
    expect(await verifyAudit(app.deps.db)).toMatchObject({ ok: true });
  });
});

describe('a manager', () => {
  let project_id = 0;
  let entry_id = 0;
  beforeEach(async () => {
    const { db } = app.deps;
    await db.updateTable('users').set({ role: 'manager' }).where('id', '=', app.ids.charlie).execute();
    if (project_id === 0) {
      await app.as('charlie').post('/projects', { name: 'Managed', color: 'red', billable: '1' }).expect(303);
      project_id = (
        await db.selectFrom('projects').select('id').where('name', '=', 'Managed').executeTakeFirstOrThrow()
      ).id;
      await db
        .insertInto('project_members')
        .values({ project_id, user_id: app.ids.bob, is_manager: 0 })
        .execute();
    }
    entry_id = await book(app.ids.bob, { project_id });
  });

  it('manages what they made', async () => {
    const rows = await app.deps.db
      .selectFrom('project_members')
      .selectAll()
      .where('user_id', '=', app.ids.charlie)
      .execute();
    expect(rows).toEqual([{ project_id, user_id: app.ids.charlie, is_manager: 1 }]);
  });

  it('books for a member, which the entry and the log say', async () => {
    const form = { user_id: app.ids.bob, text: 'for bob', local_date: '2026-03-02', duration: '1:30' };
    const without = await app.as('charlie').post('/entries', form).expect(422);
    expect(without.text).toContain('Please choose one of the projects you manage.');
    await app
      .as('charlie')
      .post('/entries', { ...form, project_id })
      .expect(303);
    const entry = await app.deps.db
      .selectFrom('entries')
      .selectAll()
      .where('description', '=', 'for bob')
      .executeTakeFirst();
    expect(entry).toMatchObject({ user_id: app.ids.bob, created_by: app.ids.charlie, updated_by: null });
    expect(await auditOf('entry.created')).toMatchObject({ user_id: app.ids.bob, actor_id: app.ids.charlie });
    expect((await app.as('bob').get(`/entries/${entry?.id}`)).text).toContain('Charlie booked it.');
  });

  it('books for nobody else, and on nothing else', async () => {
    const stranger = await createPerson(app.deps, 'zoe', 'member');
    const form = { text: 'x', local_date: '2026-03-02', duration: '1h', project_id };
    await app
      .as('charlie')
      .post('/entries', { ...form, user_id: stranger })
      .expect(404);
    await app.as('charlie').get(`/entries/new?user_id=${stranger}`).expect(404);
    await app
      .as('bob')
      .post('/entries', { ...form, user_id: app.ids.charlie })
      .expect(404);
    await app.as('alice').post('/projects', { name: 'Of alice', color: 'red' }).expect(303);
    const other = await app.deps.db
      .selectFrom('projects')
      .select('id')
      .where('name', '=', 'Of alice')
      .executeTakeFirstOrThrow();
    const page = await app
      .as('charlie')
      .post('/entries', { ...form, user_id: app.ids.bob, project_id: other.id });
    expect(page.status).toBe(422);
    // They see it, and it is still there: it is not theirs to book others on, however it is named.
    const sentence = 'You do not manage the project “Of alice”';
    expect(page.text).toContain(sentence);
    const named = await app
      .as('charlie')
      .post('/entries', { ...form, text: 'x @"Of alice"', user_id: app.ids.bob });
    expect([named.status, named.text.includes(sentence)]).toEqual([422, true]);
    const moved = await app.as('charlie').post(`/entries/${entry_id}`, { text: 'x', project_id: other.id });
    expect([moved.status, moved.text.includes(sentence)]).toEqual([422, true]);
    await app.deps.db
      .updateTable('projects')
      .set({ visibility: 'members' })
      .where('id', '=', other.id)
      .execute();
    for (const fields of [{ project_id: other.id }, { text: 'x @"Of alice"', project_id: '' }]) {
      const hidden = await app.as('charlie').post('/entries', { ...form, user_id: app.ids.bob, ...fields });
      expect([hidden.status, hidden.text.includes('You do not manage')]).toEqual([422, false]);
    }
  });

  it('changes, deletes and brings back, audited; the text stays out of the log', async () => {
    await app.as('charlie').post(`/entries/${entry_id}`, { text: 'renamed by charlie' }).expect(303);
    const row = () =>
      app.deps.db.selectFrom('entries').selectAll().where('id', '=', entry_id).executeTakeFirst();
    expect(await row()).toMatchObject({ description: 'renamed by charlie', updated_by: app.ids.charlie });
    const record = await auditOf('entry.updated');
    expect(record).toMatchObject({ subject_id: entry_id, user_id: app.ids.bob, actor_id: app.ids.charlie });
    expect(record?.content).toBe('{"description_changed":true}');
    expect((await app.as('bob').get(`/entries/${entry_id}`)).text).toContain('Charlie changed it last.');
    await app.as('bob').post(`/entries/${entry_id}`, { text: 'mine again' }).expect(303);
    expect(await row()).toMatchObject({ updated_by: null });
    await app.as('charlie').post(`/entries/${entry_id}/delete`).expect(303);
    expect(await row()).toBeUndefined();
    expect(await auditOf('entry.deleted')).toMatchObject({ subject_id: entry_id });
    const item = await app.deps.db
      .selectFrom('deleted_items')
      .select('id')
      .orderBy('id', 'desc')
      .executeTakeFirst();
    await app.as('charlie').post(`/entries/restore/${item?.id}`).expect(303);
    expect(await row()).toMatchObject({ user_id: app.ids.bob });
    expect(await auditOf('entry.restored')).toMatchObject({ subject_id: entry_id });
  });

  it('cannot take the project away, nor start their timer', async () => {
    const page = await app
      .as('charlie')
      .post(`/entries/${entry_id}`, { text: 'x', project_id: '' })
      .expect(422);
    expect(page.text).toContain('Please choose one of the projects you manage.');
    await app.as('charlie').post(`/entries/${entry_id}/continue`).expect(404);
  });

  it('sees everybody’s time on it in reports and exports, and nobody’s elsewhere', async () => {
    await book(app.ids.bob, { description: 'private of bob' });
    await app
      .as('charlie')
      .get(`/reports/summary?user_id=${app.ids.bob}&from=2026-03-01&to=2026-03-31`)
      .expect(200);
    const csv = (await app.as('charlie').get('/reports/export.csv?from=2026-01-01&to=2026-12-31').expect(200))
      .text;
    expect(csv).toContain('Bob');
    expect(csv).not.toContain('private of bob');
    await app.as('bob').get(`/reports/summary?user_id=${app.ids.charlie}`).expect(404);
  });
});

describe('the list of entries', () => {
  const list = (name: 'alice' | 'bob' | 'charlie', query: string) => app.as(name).get(`/entries?${query}`);

  it('shows managers their people’s time, and everybody else their own', async () => {
    const { db } = app.deps;
    const charlie = await db
      .selectFrom('projects')
      .select('id')
      .where('name', '=', 'Managed')
      .executeTakeFirstOrThrow();
    await book(app.ids.bob, { project_id: charlie.id, description: 'seen by the manager' });
    await book(app.ids.bob, { description: 'unseen by the manager' });
    await book(app.ids.charlie, { description: 'of charlie' });
    const managed = main(await list('charlie', '').expect(200));
    expect(managed).toContain('seen by the manager');
    expect(managed).toContain('of charlie');
    expect(managed).not.toContain('unseen by the manager');
    expect(main(await list('charlie', `user_id=${app.ids.bob}&q=SEEN`))).not.toContain('of charlie');
    expect(main(await list('bob', 'q=manager'))).toContain('unseen by the manager');
    await list('bob', `user_id=${app.ids.charlie}`).expect(404);
    await list('charlie', `user_id=${app.ids.alice}`).expect(404);
    expect(main(await list('alice', `user_id=${app.ids.charlie}`))).toContain('of charlie');
  });

  it('pages by the last entry, with as many statements for fifty as for one', async () => {
    const rows = Array.from({ length: 120 }, (_, index) => ({
      ...{ user_id: app.ids.bob, project_id: null, description: `row ${index}.`, billable: 0 as const },
      ...{ started_at: app.clock.now - index * 60_000 - 60_000, ended_at: app.clock.now - index * 60_000 },
      ...{ zone: 'UTC', local_date: '2026-03-10', source: 'manual' as const, created_at: 0, updated_at: 0 },
    }));
    await app.deps.db.insertInto('entries').values(rows).execute();
    const seen: string[] = [];
    let path = '/entries?from=2026-03-10&to=2026-03-10&q=row';
    for (let page = 0; page < 3; page += 1) {
      const text = main(await app.as('bob').get(path).expect(200));
      seen.push(...(text.match(/row \d+\./g) ?? []));
      path = /href="([^"]*before_id[^"]*)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    }
    expect(seen).toEqual(rows.map(({ description }) => description));
    expect(path).toBe('');
    const statements = async (query: string) => {
      const before = await queries();
      await list('bob', query).expect(200);
      return (await queries()) - before;
    };
    await statements('q=row');
    expect(await statements('from=2026-03-10&q=row 1.')).toBe(await statements('from=2026-03-10&q=row'));
  });

  it.each([
    'q=%00',
    'from=x',
    'from=2026-02-30',
    'from=2026-03-02&to=2026-03-01',
    'before_id=x',
    'user_id=x',
  ])('tells what is wrong with %s', async (query) => {
    expect(main(await list('alice', query).expect(422))).toMatch(/role="alert"|aria-invalid="true"/);
  });
});

it('speaks German', async () => {
  await app.deps.db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
  for (const [path, words] of [
    ['/admin/users', 'Wer Zugang hat'],
    ['/admin/users/new', 'Jemanden einladen'],
    [`/admin/users/${app.ids.bob}`, 'Wenn jemand geht'],
    ['/admin/settings', 'Für alle auf diesem Server'],
    ['/admin/audit', 'Protokoll'],
    ['/entries', 'Text enthält'],
  ] as const)
    expect((await app.as('alice').get(path).expect(200)).text).toContain(words);
});
