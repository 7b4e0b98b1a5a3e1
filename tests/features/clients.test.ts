import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import type { TestApp } from '../support/app.ts';
import { insertProject } from './entry-rows.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});

const main = (page: { text: string }) =>
  page.text.slice(page.text.indexOf('<main'), page.text.indexOf('</main>'));
const clientNamed = (name: string) =>
  app.deps.db.selectFrom('clients').selectAll().where('name', '=', name).executeTakeFirst();
const countClients = async () => (await app.deps.db.selectFrom('clients').select('id').execute()).length;
const eventsNamed = (event: string) => app.logLines().filter((line) => line['event'] === event);

async function makeClient(name: string): Promise<number> {
  await app.as('alice').post('/clients', { name }).expect(303);
  return (await clientNamed(name))?.id ?? 0;
}

describe('a client with more projects than fit a page', () => {
  it('has all of them counted, paged and found', async () => {
    const id = await makeClient('Many');
    for (let index = 1; index <= 104; index += 1)
      await insertProject(app.deps.db, `Job ${String(index).padStart(3, '0')}`, { client_id: id });
    const pages = [];
    let href: string | undefined = `/clients/${id}`;
    while (href !== undefined) {
      const page: string = main(await app.as('bob').get(href).expect(200));
      expect(page).toContain('104 projects');
      pages.push(page.match(/>Job \d{3}</g) ?? []);
      href = /href="([^"]*)" rel="next"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(pages.map((names) => names.length)).toEqual([50, 50, 4]);
    expect(new Set(pages.flat()).size).toBe(104);
    const found = main(await app.as('bob').get(`/clients/${id}?q=job%20077`).expect(200));
    expect(found.match(/>Job \d{3}</g)).toEqual(['>Job 077<']);
    expect(found).toContain('104 projects');
    expect(main(await app.as('bob').get(`/clients/${id}?q=nowhere`).expect(200))).toContain('Nothing found');
    const wrong = main(
      await app
        .as('bob')
        .get(`/clients/${id}?q=${'x'.repeat(121)}`)
        .expect(422),
    );
    expect(wrong).toContain('At most 120 characters.');
    await app.as('bob').get(`/clients/${id}?page=zero`).expect(422);
  });
});

describe('making a client', () => {
  it('stores it, records it and lists it with its projects', async () => {
    const answer = await app.as('alice').post('/clients', { name: ' Müller  & Sons ' });
    expect(answer.headers['location']).toBe('/clients');
    const client = await clientNamed('Müller & Sons');
    expect(eventsNamed('client.created').at(-1)).toMatchObject({ client_id: client?.id });
    await insertProject(app.deps.db, 'One', { client_id: client?.id ?? 0 });
    await insertProject(app.deps.db, 'Two', { client_id: client?.id ?? 0 });
    const page = main(await app.as('bob').get('/clients').expect(200));
    expect(page).toContain('Müller &amp; Sons');
    expect(page).toContain('2 projects');
    const shown = main(await app.as('bob').get(`/clients/${client?.id}`).expect(200));
    expect(shown).toContain('One');
    expect(shown).toContain('Two');
  });

  it.each([
    [{}, 'Please fill this in.'],
    [{ name: '\t ' }, 'Please fill this in.'],
    [{ name: 'x'.repeat(121) }, 'At most 120 characters.'],
    [{ name: 'a\u202Eb' }, 'characters that cannot be stored'],
    [{ name: ['a', 'b'] }, 'This is not valid.'],
    [{ name: 'MÜLLER & SONS' }, 'There is already a client of that name.'],
  ])('answers %j with the form, the sentence and nothing stored', async (fields, sentence) => {
    const before = await countClients();
    const page = await app.as('alice').post('/clients', fields).expect(422);
    expect(page.text).toContain(sentence);
    expect(page.text).toContain('aria-invalid="true"');
    expect(await countClients()).toBe(before);
  });

  it('keeps names apart when many ask at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => app.as('alice').post('/clients', { name: 'At once' })),
    );
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(9);
  });
});

describe('changing a client', () => {
  it('renames, also to another case of its own name', async () => {
    const id = await makeClient('Rename me');
    await app.as('alice').get(`/clients/${id}/edit`).expect(200);
    await app.as('alice').post(`/clients/${id}`, { name: 'RENAME ME' }).expect(303);
    expect(await clientNamed('RENAME ME')).toMatchObject({ id });
    expect(eventsNamed('client.updated').at(-1)).toMatchObject({ client_id: id });
    await makeClient('In the way');
    const page = await app.as('alice').post(`/clients/${id}`, { name: 'in the WAY' }).expect(422);
    expect(page.text).toContain('There is already a client of that name.');
    expect(page.text).toContain('value="in the WAY"');
  });
});

describe('two who change the same thing', () => {
  const version = (page: { text: string }): string =>
    /name="version" value="([^"]+)"/.exec(page.text)?.[1] ?? '';

  it('are told: the second form of a client is refused once, and replaces when it is saved again', async () => {
    const id = await makeClient('Two tabs');
    const [first, second] = [
      version(await app.as('alice').get(`/clients/${id}/edit`)),
      version(await app.as('alice').get(`/clients/${id}/edit`)),
    ];
    const edit = (name: string, shown: string) =>
      app.as('alice').post(`/clients/${id}`, { name, code: 'TT', version: shown });
    await edit('Two tabs, first', first).expect(303);
    const refused = await edit('Two tabs, second', second).expect(422);
    expect(main(refused)).toContain('Somebody changed this client since you opened it.');
    expect(main(refused)).toContain('value="Two tabs, second"');
    expect(await clientNamed('Two tabs, first')).toMatchObject({ id });
    await edit('Two tabs, second', version(refused)).expect(303);
    expect(await clientNamed('Two tabs, second')).toMatchObject({ id, code: 'TT' });
    // A form with another problem keeps what it was made of.
    const third = version(await app.as('alice').get(`/clients/${id}/edit`));
    const wrong = await edit(' ', third).expect(422);
    expect(version(wrong)).toBe(third);
  });
});

describe('the page of a client', () => {
  it('shows what is open and how much of each budget is used, to whom that concerns', async () => {
    const id = await makeClient('Shown in full');
    await app
      .as('alice')
      .post('/projects', {
        ...{ name: 'Budgeted', client_id: String(id), budget_kind: 'hours', budget_amount: '4' },
        ...{ budget_period: 'total', budget_thresholds: '80' },
      })
      .expect(303);
    const project = await app.deps.db
      .selectFrom('projects')
      .select('id')
      .where('name', '=', 'Budgeted')
      .executeTakeFirstOrThrow();
    for (const name of ['Draw', 'Print'])
      await app
        .as('alice')
        .post('/tasks', { name, project_id: String(project.id) })
        .expect(303);
    await app.as('alice').post('/tasks', { name: 'Old', project_id: String(project.id), status: 'done' });
    await app
      .as('bob')
      .post('/entries', {
        ...{ text: 'sketch', local_date: '2026-03-04', started_time: '8:00', ended_time: '9:00' },
        project_id: String(project.id),
      })
      .expect(303);
    const page = main(await app.as('alice').get(`/clients/${id}`).expect(200));
    expect(page).toContain('25 %');
    for (const name of ['Draw', 'Print']) expect(page).toContain(`>${name}</a>`);
    expect(page).not.toContain('>Old</a>');
    expect(page).toContain(`/tasks?client_id=${id}`);
    const seen = main(await app.as('bob').get(`/clients/${id}`).expect(200));
    expect(seen).toContain('>Draw</a>');
    expect(seen).not.toContain('25 %');
    const other = await makeClient('With other tasks');
    expect(main(await app.as('alice').get(`/tasks?client_id=${other}`).expect(200))).not.toContain(
      '>Draw</a>',
    );
    expect(main(await app.as('bob').get(`/tasks?client_id=${id}&status=all`).expect(200))).toContain(
      '>Old</a>',
    );
    expect(main(await app.as('bob').get(`/tasks/board?client_id=${id}`).expect(200))).toContain('>Print</a>');
    await app.as('alice').get('/tasks?client_id=x').expect(422);
  });
});

describe('the end of a client', () => {
  it('is archiving, which leaves its projects alone and can be undone', async () => {
    const id = await makeClient('Ending');
    const project_id = await insertProject(app.deps.db, 'Stays active', { client_id: id });
    await app.as('alice').post(`/clients/${id}/archive`).expect(303);
    const shown = await app.as('alice').get(`/clients/${id}`);
    expect(shown.text).toContain('The client was archived.');
    expect(shown.text).toContain('its projects are not offered for new time');
    expect(main(await app.as('alice').get('/clients'))).not.toContain('Ending');
    expect(main(await app.as('alice').get('/clients?state=archived'))).toContain('Ending');
    const project = await app.deps.db
      .selectFrom('projects')
      .select('archived_at')
      .where('id', '=', project_id)
      .executeTakeFirst();
    expect(project?.archived_at).toBeNull();
    expect((await app.as('alice').get('/projects/new')).text).not.toContain('>Ending<');
    await app.as('alice').post(`/clients/${id}/restore`).expect(303);
    expect((await clientNamed('Ending'))?.archived_at).toBeNull();
    expect(eventsNamed('client.archived').slice(-2)).toMatchObject([{ archived: true }, { archived: false }]);
  });

  it('is deleting only without projects', async () => {
    const id = await makeClient('Brief');
    await insertProject(app.deps.db, 'In the way', { client_id: id });
    expect((await app.as('alice').get(`/clients/${id}/edit`)).text).toContain('because it has 1 project.');
    const refused = await app.as('alice').post(`/clients/${id}/delete`).expect(422);
    expect(refused.text).toContain('This client has projects, so it was not deleted.');
    await app.deps.db.deleteFrom('projects').where('client_id', '=', id).execute();
    await app.as('alice').post(`/clients/${id}/delete`).expect(303);
    expect(await clientNamed('Brief')).toBeUndefined();
    expect(eventsNamed('client.deleted').at(-1)).toMatchObject({ client_id: id });
  });
});

describe('who may', () => {
  it('members look and do not change', async () => {
    const id = await makeClient('Read only');
    // A client is seen through its projects.
    await app.as('bob').get(`/clients/${id}`).expect(404);
    await app.as('alice').post('/projects', { name: 'Of read only', client_id: id }).expect(303);
    expect((await app.as('bob').get('/clients').expect(200)).text).not.toContain('/clients/new');
    expect((await app.as('bob').get(`/clients/${id}`).expect(200)).text).not.toContain('/edit');
    for (const path of ['/clients/new', `/clients/${id}/edit`]) await app.as('bob').get(path).expect(403);
    for (const path of ['', `/${id}`, `/${id}/archive`, `/${id}/restore`, `/${id}/delete`])
      await app.as('bob').post(`/clients${path}`, { name: 'Mine' }).expect(403);
    expect(await clientNamed('Read only')).toMatchObject({ archived_at: null });
    expect(await clientNamed('Mine')).toBeUndefined();
  });

  it('strangers are sent to sign in', async () => {
    expect((await app.stranger.get('/clients').expect(303)).headers['location']).toContain('/login');
    await app.stranger.post('/clients', { name: 'Nobody' }).expect(303);
    expect(await clientNamed('Nobody')).toBeUndefined();
  });

  it.each(['0', 'x', '99999999', '9'.repeat(30)])('id %s is not found', async (id) => {
    await app.as('alice').get(`/clients/${id}`).expect(404);
    await app.as('alice').get(`/clients/${id}/edit`).expect(404);
    for (const action of ['', '/archive', '/restore', '/delete'])
      await app.as('alice').post(`/clients/${id}${action}`, { name: 'x' }).expect(404);
  });
});

it('pages, searches and answers what it does not understand', async () => {
  const rows = Array.from({ length: 60 }, (_, index) => ({
    name: `Bulk ${index}`,
    name_key: `bulk ${index}`,
    created_at: 0,
    archived_at: null,
  }));
  await app.deps.db.insertInto('clients').values(rows).execute();
  const first = main(await app.as('alice').get('/clients?q=BULK').expect(200));
  expect(first.match(/>Bulk \d+/g)).toHaveLength(50);
  expect(
    main(await app.as('alice').get('/clients?q=bulk&page=2').expect(200)).match(/>Bulk \d+/g),
  ).toHaveLength(10);
  for (const query of ['?q=%00', '?state=x', '?page=-1'])
    expect(main(await app.as('bob').get(`/clients${query}`).expect(422))).toContain('role="alert"');
});

it('speaks German', async () => {
  const id = await makeClient('Deutsch');
  await app.deps.db.updateTable('users').set({ locale: 'de' }).where('id', '=', app.ids.alice).execute();
  expect((await app.as('alice').get('/clients')).text).toContain('Neuer Kunde');
  expect((await app.as('alice').get('/clients/new')).text).toContain('Neuer Kunde');
  expect((await app.as('alice').get(`/clients/${id}`)).text).toContain('Keine Projekte');
  expect((await app.as('alice').get(`/clients/${id}/edit`)).text).toContain('Diesen Kunden löschen …');
});
