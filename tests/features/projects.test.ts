import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const projectNamed = (name: string) =>
  app.deps.db.selectFrom('projects').selectAll().where('name', '=', name).executeTakeFirst();
const countProjects = async () => (await app.deps.db.selectFrom('projects').select('id').execute()).length;
/** The page without the timer bar, which lists projects too. */
const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));
const eventsNamed = (event: string) => app.logLines().filter((line) => line['event'] === event);

async function makeProject(name: string, fields: Record<string, string> = {}): Promise<number> {
  await app
    .as('alice')
    .post('/projects', { name, color: 'blue', ...fields })
    .expect(303);
  return (await projectNamed(name))?.id ?? 0;
}

async function bookTime(user_id: number, project_id: number, seconds = 3600, date = '2026-03-03') {
  const started_at = Date.parse(`${date}T09:00:00Z`);
  const { id } = await app.deps.db
    .insertInto('entries')
    .values({
      user_id,
      project_id,
      description: `work of ${user_id}`,
      started_at,
      ended_at: started_at + seconds * 1000,
      zone: 'Europe/Berlin',
      local_date: date,
      billable: 1,
      source: 'manual',
      created_at: started_at,
      updated_at: started_at,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

describe('making a project', () => {
  it('stores it, with a new client on the way, and tells so', async () => {
    const answer = await app
      .as('alice')
      .post('/projects', { name: '  Website   relaunch ', new_client: 'Acme', color: 'teal', billable: '1' });
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/projects');
    const project = await projectNamed('Website relaunch');
    expect(project).toMatchObject({ color: 'teal', billable: 1, archived_at: null });
    expect(eventsNamed('project.created').at(-1)).toMatchObject({
      project_id: project?.id,
      has_client: true,
      billable: true,
    });
    expect(eventsNamed('client.created')).toHaveLength(1);
    const page = await app.as('alice').get('/projects').expect(200);
    expect(page.text).toContain('Website relaunch');
    expect(page.text).toContain('Acme');
    expect(page.text).toContain('The project was created.');
  });

  it('takes a client that exists under the typed name, whatever its case', async () => {
    await makeProject('Second for Acme', { new_client: 'ACME' });
    const clients = await app.deps.db.selectFrom('clients').select('name').execute();
    expect(clients).toEqual([{ name: 'Acme' }]);
  });

  it('goes back to where the form came from, and never to another site', async () => {
    const there = await app.as('alice').post('/projects', { name: 'A', return_to: '/timer' });
    expect(there.headers['location']).toBe('/timer');
    const away = await app.as('alice').post('/projects', { name: 'B', return_to: '//example.com' });
    expect(away.headers['location']).toBe('/projects');
  });

  it('has the name filled in when the timer bar asks for it', async () => {
    const page = await app.as('alice').get('/projects/new?name=Tax%20%26%20law').expect(200);
    expect(page.text).toContain('value="Tax &amp; law"');
  });

  it.each([
    [{ name: ' ' }, 'Please fill this in.'],
    [{ name: 'x'.repeat(121) }, 'At most 120 characters.'],
    [{ name: 'x\u0000y' }, 'characters that cannot be stored'],
    [{ name: 'Fine', color: 'mauve' }, 'Please choose one of the offered values.'],
    [{ name: 'Fine', client_id: 'x' }, 'Please choose one of the offered values.'],
    [{ name: 'Fine', client_id: '99999999' }, 'Please choose one of the offered values.'],
    [{ name: ['a', 'b'] }, 'This is not valid.'],
  ])('answers %j with the form, the sentence and nothing stored', async (fields, sentence) => {
    const before = await countProjects();
    const page = await app.as('alice').post('/projects', fields).expect(422);
    expect(page.text).toContain(sentence);
    expect(page.text).toMatch(/aria-invalid="true"|aria-describedby="f-color-problem"/);
    expect(await countProjects()).toBe(before);
  });

  it('keeps what was typed', async () => {
    const page = await app
      .as('alice')
      .post('/projects', { name: '', new_client: 'Kept & safe', color: 'pink', return_to: '/timer' });
    expect(page.status).toBe(422);
    expect(page.text).toContain('value="Kept &amp; safe"');
    expect(page.text).toMatch(/value="pink"[^>]* checked/);
    expect(page.text).toContain('name="return_to" value="/timer"');
  });
});

describe('a member by role who manages a project', () => {
  it('puts it to clients that they see, and makes none with a field of its form', async () => {
    const id = await makeProject('Led by a member', { new_client: 'Seen by bob' });
    await makeProject('Hidden from bob', { new_client: 'Unseen by bob', visibility: 'members' });
    await app.deps.db
      .insertInto('project_members')
      .values({ project_id: id, user_id: app.ids.bob, is_manager: 1 })
      .execute();
    const clients = () => app.deps.db.selectFrom('clients').selectAll().orderBy('id').execute();
    const before = await clients();
    const form = await app.as('bob').get(`/projects/${id}/edit`).expect(200);
    expect(form.text).toContain('name="client_id"');
    expect(form.text).not.toContain('name="new_client"');
    expect((await app.as('alice').get(`/projects/${id}/edit`)).text).toContain('name="new_client"');
    // A client that is hidden is answered like one that is not there.
    for (const new_client of ['Back door', 'Unseen by bob']) {
      const page = await app.as('bob').post(`/projects/${id}`, { name: 'Led by a member', new_client });
      expect(page.status).toBe(422);
      expect(main(page)).toContain('Only managers and administrators make clients.');
      expect(main(page)).toContain(`value="${new_client}"`);
    }
    expect(await clients()).toEqual(before);
    await app
      .as('bob')
      .post(`/projects/${id}`, { name: 'Led by a member', new_client: 'seen by bob' })
      .expect(303);
    expect(await clients()).toEqual(before);
    expect((await projectNamed('Led by a member'))?.client_id).not.toBeNull();
  });
});

it('offers what was lately used as long as time can be booked there', async () => {
  const id = await makeProject('Lately there', { new_client: 'Lately gone' });
  await bookTime(app.ids.charlie, id);
  const recent = async () => {
    const page = main(await app.as('charlie').get('/projects').expect(200));
    return /<nav class="row" aria-label="Lately used">.*?<\/nav>/s.exec(page)?.[0] ?? '';
  };
  expect(await recent()).toContain('Lately there');
  await app.deps.db
    .updateTable('clients')
    .set({ archived_at: 1 })
    .where('name', '=', 'Lately gone')
    .execute();
  expect(await recent()).not.toContain('Lately there');
});

describe('names of projects', () => {
  it('are unique per client, whatever the case, with the problem beside the name', async () => {
    await makeProject('Straße');
    const page = await app.as('alice').post('/projects', { name: 'STRASSE' }).expect(422);
    expect(page.text).toContain('This client already has a project of that name.');
    await makeProject('Straße', { new_client: 'Other' });
  });

  it('stay unique when many ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        app.as('alice').post('/projects', { name: index % 2 ? 'Race' : 'RACE', new_client: 'Race client' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array<number>(11).fill(422)]);
    const rows = await app.deps.db
      .selectFrom('projects')
      .select('id')
      .where('name_key', '=', 'race')
      .execute();
    expect(rows).toHaveLength(1);
    const clients = await app.deps.db
      .selectFrom('clients')
      .select('id')
      .where('name_key', '=', 'race client')
      .execute();
    expect(clients).toHaveLength(1);
  });
});

describe('changing a project', () => {
  it('saves, and its own name is not in its way', async () => {
    const id = await makeProject('To change');
    await app.as('alice').get(`/projects/${id}/edit`).expect(200);
    const answer = await app.as('alice').post(`/projects/${id}`, { name: 'TO CHANGE', color: 'red' });
    expect(answer.headers['location']).toBe(`/projects/${id}`);
    expect(await projectNamed('TO CHANGE')).toMatchObject({ id, color: 'red', billable: 0 });
    expect(eventsNamed('project.updated').at(-1)).toMatchObject({ project_id: id, billable: false });
  });

  it('says so when the name is taken', async () => {
    await makeProject('Taken');
    const id = await makeProject('Free');
    const page = await app.as('alice').post(`/projects/${id}`, { name: 'taken', color: 'blue' }).expect(422);
    expect(page.text).toContain('This client already has a project of that name.');
    expect(await projectNamed('Free')).toBeDefined();
  });

  it('may stay with a client that was archived, but no other project goes there', async () => {
    const id = await makeProject('Stays', { new_client: 'Gone' });
    const client_id = String((await projectNamed('Stays'))?.client_id);
    await app.as('alice').post(`/clients/${client_id}/archive`).expect(303);
    await app
      .as('alice')
      .post(`/projects/${id}`, { name: 'Stays here', client_id, color: 'blue' })
      .expect(303);
    for (const fields of [{ client_id }, { new_client: 'gone' }]) {
      const page = await app
        .as('alice')
        .post('/projects', { name: 'Late', ...fields })
        .expect(422);
      expect(page.text).toContain('This client is archived.');
    }
    const shown = await app.as('alice').get(`/projects/${id}`).expect(200);
    expect(shown.text).toContain('Gone is archived, so this project is not offered for new time.');
  });
});

describe('two who change the same project', () => {
  const version = (page: { text: string }): string =>
    /name="version" value="([^"]+)"/.exec(main(page))?.[1] ?? '';

  it('are told: the second form is refused once, keeps what was typed, and replaces when it is saved again', async () => {
    const id = await makeProject('Two tabs', { budget_kind: 'hours', budget_amount: '40' });
    const [first, second] = [
      version(await app.as('alice').get(`/projects/${id}/edit`)),
      version(await app.as('alice').get(`/projects/${id}/edit`)),
    ];
    const edit = (name: string, shown: string, more: Record<string, string> = {}) =>
      app.as('alice').post(`/projects/${id}`, { name, color: 'red', version: shown, ...more });
    const raised = { budget_kind: 'hours', budget_amount: '80' };
    await edit('Two tabs, first', first, raised).expect(303);
    const refused = await edit('Two tabs, second', second).expect(422);
    expect(main(refused)).toContain('Somebody changed this project since you opened it.');
    expect(main(refused)).toContain('value="Two tabs, second"');
    expect(await projectNamed('Two tabs, first')).toMatchObject({ id, budget_seconds: 80 * 3600 });
    await edit('Two tabs, second', version(refused)).expect(303);
    expect(await projectNamed('Two tabs, second')).toMatchObject({ id, budget_seconds: null });
  });

  it('are told of any field, and a form with another problem keeps what it was made of', async () => {
    const id = await makeProject('Every field');
    const changes = [
      { code: 'EF-1' },
      { description: 'Changed.' },
      { start_date: '2026-01-02' },
      { due_date: '2026-12-31' },
      { visibility: 'members' },
      { billable: '1' },
      { color: 'red' },
    ];
    let stored: Record<string, string> = { name: 'Every field', color: 'blue' };
    for (const changed of changes) {
      const shown = version(await app.as('alice').get(`/projects/${id}/edit`));
      const fields = { ...stored, version: shown };
      const wrong = await app
        .as('alice')
        .post(`/projects/${id}`, { ...fields, name: ' ' })
        .expect(422);
      expect(version(wrong), JSON.stringify(changed)).toBe(shown);
      stored = { ...stored, ...changed };
      await app
        .as('alice')
        .post(`/projects/${id}`, { ...stored, version: shown })
        .expect(303);
      const late = await app.as('alice').post(`/projects/${id}`, fields);
      expect(late.status, JSON.stringify(changed)).toBe(422);
    }
  });
});

describe('the end of a project', () => {
  it('is archiving, which can be undone', async () => {
    const id = await makeProject('Ending');
    await app.as('alice').post(`/projects/${id}/archive`).expect(303);
    const shown = await app.as('alice').get(`/projects/${id}`);
    expect(shown.text).toContain(`action="/projects/${id}/restore"`);
    expect(main(await app.as('alice').get('/projects'))).not.toContain('Ending');
    expect(main(await app.as('alice').get('/projects?state=archived'))).toContain('Ending');
    await app.as('alice').post(`/projects/${id}/restore`).expect(303);
    expect((await projectNamed('Ending'))?.archived_at).toBeNull();
    expect(eventsNamed('project.archived').slice(-2)).toMatchObject([
      { archived: true },
      { archived: false },
    ]);
  });

  it('archived twice is one event and no error', async () => {
    const id = await makeProject('Twice');
    const before = eventsNamed('project.archived').length;
    await app.as('alice').post(`/projects/${id}/archive`).expect(303);
    await app.as('alice').post(`/projects/${id}/archive`).expect(303);
    expect(eventsNamed('project.archived')).toHaveLength(before + 1);
  });

  it('is deleting only while nobody booked time on it', async () => {
    const id = await makeProject('Brief');
    const entry = await bookTime(app.ids.bob, id);
    expect((await app.as('alice').get(`/projects/${id}/edit`)).text).toContain('cannot be deleted');
    const refused = await app.as('alice').post(`/projects/${id}/delete`).expect(422);
    expect(refused.text).toContain('Time was booked on this project, so it was not deleted.');
    expect(await projectNamed('Brief')).toBeDefined();
    await app.deps.db.deleteFrom('entries').where('id', '=', entry).execute();
    await app.as('alice').post(`/projects/${id}/delete`).expect(303);
    expect(await projectNamed('Brief')).toBeUndefined();
    expect(eventsNamed('project.deleted').at(-1)).toMatchObject({ project_id: id });
    await app.as('alice').get(`/projects/${id}`).expect(404);
  });
});

describe('times on the pages', () => {
  it('are everybody’s for an administrator and one’s own for members', async () => {
    const id = await makeProject('Shared');
    await bookTime(app.ids.bob, id, 5400);
    await bookTime(app.ids.charlie, id, 1800, '2026-02-27');
    await bookTime(app.ids.charlie, id, 60, '2025-12-31');
    const alice = main(await app.as('alice').get(`/projects/${id}`).expect(200));
    expect([...alice.matchAll(/<dd>([\d:]+)<\/dd>/g)].map((match) => match[1]).slice(-3)).toEqual([
      '1:30:00',
      '1:30:00',
      '2:01:00',
    ]);
    expect(alice).toContain(`work of ${app.ids.bob}`);
    const charlie = main(await app.as('charlie').get(`/projects/${id}`).expect(200));
    expect([...charlie.matchAll(/<dd>([\d:]+)<\/dd>/g)].map((match) => match[1]).slice(-3)).toEqual([
      '0:00:00',
      '0:00:00',
      '0:31:00',
    ]);
    expect(charlie).not.toContain(`work of ${app.ids.bob}`);
    expect(charlie).toContain(`work of ${app.ids.charlie}`);
  });

  it('name former people as such, those with time and those with a place in the project', async () => {
    const id = await makeProject('Left behind');
    await bookTime(app.ids.bob, id);
    const place = { project_id: id, user_id: app.ids.charlie, is_manager: 0 as const };
    await app.deps.db.insertInto('project_members').values(place).execute();
    const people = async (): Promise<string> => {
      const page = main(await app.as('alice').get(`/projects/${id}`).expect(200));
      return page.slice(page.indexOf('id="people-title"'), page.indexOf('id="rates-title"'));
    };
    expect(await people()).not.toContain('deactivated');
    const users = app.deps.db.updateTable('users').where('id', 'in', [app.ids.bob, app.ids.charlie]);
    await users.set({ deactivated_at: 1 }).execute();
    try {
      const rows = (await people()).match(/<th scope="row">.*?<\/th>/g) ?? [];
      expect(rows).toHaveLength(2);
      for (const row of rows) expect(row).toContain('<span class="badge">deactivated</span>');
    } finally {
      await users.set({ deactivated_at: null }).execute();
    }
  });

  it('stand in the list as well', async () => {
    const page = await app.as('alice').get('/projects?q=Shared').expect(200);
    expect(page.text.replace(/\s+/g, ' ')).toContain('data-label="All time">2:01:00<');
  });
});

describe('the list', () => {
  it('shows fifty a page, and search finds names and clients', async () => {
    const rows = Array.from({ length: 120 }, (_, index) => {
      const name = `Bulk ${String(index).padStart(3, '0')}`;
      return {
        client_id: null,
        name,
        name_key: name.toLowerCase(),
        color: 'slate',
        billable: 0 as const,
        created_at: 0,
        archived_at: null,
      };
    });
    await app.deps.db.insertInto('projects').values(rows).execute();
    const first = await app.as('bob').get('/projects?q=bulk').expect(200);
    expect(main(first).match(/>Bulk \d{3}/g)).toHaveLength(50);
    expect(first.text).toContain('href="/projects?q=bulk&amp;page=2"');
    const last = await app.as('bob').get('/projects?q=BULK&page=3').expect(200);
    expect(main(last).match(/>Bulk \d{3}/g)).toHaveLength(20);
    expect(last.text).not.toContain('page=4');
    expect(main(await app.as('bob').get('/projects?q=acme'))).toContain('Website relaunch');
  });

  it('takes wildcards literally', async () => {
    await makeProject('100% sure_thing');
    const found = main(await app.as('alice').get('/projects?q=0%25'));
    expect(found).toContain('100% sure_thing');
    expect(found).not.toContain('Bulk 000');
    expect(main(await app.as('alice').get('/projects?q=_').expect(200))).not.toContain('Bulk 000');
    expect((await app.as('alice').get('/projects?q=%5C').expect(200)).text).toContain('Nothing found');
  });

  it.each([
    '?q=%00',
    '?q=a&q=b',
    '?state=weird',
    '?page=0',
    '?page=x',
    '?page=99999999999',
    `?q=${'x'.repeat(121)}`,
  ])('answers %s with the page and the problem', async (query) => {
    const page = await app.as('alice').get(`/projects${query}`).expect(422);
    expect(page.text).toContain('role="alert"');
  });
});

describe('who may', () => {
  it('members look and do not change', async () => {
    const id = await makeProject('Read only');
    const list = await app.as('bob').get('/projects').expect(200);
    expect(list.text).not.toContain('/projects/new');
    const shown = await app.as('bob').get(`/projects/${id}`).expect(200);
    expect(shown.text).not.toContain('/edit');
    for (const path of ['/projects/new', `/projects/${id}/edit`]) await app.as('bob').get(path).expect(403);
    for (const path of ['', `/${id}`, `/${id}/archive`, `/${id}/restore`, `/${id}/delete`]) {
      await app.as('bob').post(`/projects${path}`, { name: 'Mine', color: 'red' }).expect(403);
    }
    expect(await projectNamed('Read only')).toMatchObject({ color: 'blue', archived_at: null });
  });

  it('managers change', async () => {
    await app.deps.db
      .updateTable('users')
      .set({ role: 'manager' })
      .where('id', '=', app.ids.charlie)
      .execute();
    await app.as('charlie').post('/projects', { name: 'By a manager' }).expect(303);
    await app.deps.db
      .updateTable('users')
      .set({ role: 'member' })
      .where('id', '=', app.ids.charlie)
      .execute();
  });

  it('strangers are sent to sign in', async () => {
    const answer = await app.stranger.get('/projects').expect(303);
    expect(answer.headers['location']).toBe('/login?return_to=%2Fprojects');
    await app.stranger.post('/projects', { name: 'Nobody' }).expect(303);
    expect(await projectNamed('Nobody')).toBeUndefined();
  });

  it.each(['0', '-1', 'x', '99999999', '9'.repeat(30), '%00'])('id %s is not found', async (id) => {
    await app.as('alice').get(`/projects/${id}`).expect(404);
    await app.as('alice').get(`/projects/${id}/edit`).expect(404);
    for (const action of ['', '/archive', '/restore', '/delete'])
      await app.as('alice').post(`/projects/${id}${action}`, { name: 'x' }).expect(404);
  });
});

it('speaks German', async () => {
  await app.deps.db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
  const id = await makeProject('Deutsch');
  expect((await app.as('alice').get('/projects')).text).toContain('Neues Projekt');
  expect((await app.as('alice').get('/projects/new')).text).toContain('Oder ein neuer Kunde');
  expect((await app.as('alice').get(`/projects/${id}`)).text).toContain('Letzte Zeiten');
  expect((await app.as('alice').get(`/projects/${id}/edit`)).text).toContain('Dieses Projekt löschen …');
  await app.deps.db.updateTable('users').set({ locale: 'en' }).where('id', '=', app.ids.alice).execute();
});
