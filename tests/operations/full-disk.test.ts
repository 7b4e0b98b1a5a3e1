import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { beforeAll, describe, expect, inject, it, test, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { samplesOf } from '../observability/tiny-app.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import { routesOf } from '../support/crawl.ts';
import { runCommand } from '../support/command.ts';
import { logOf } from '../support/server-process.ts';
import type { ServerProcess } from '../support/server-process.ts';
import type { CrowdedDisk } from './crowded-disk.ts';
import { waysToFill } from './crowded-disk.ts';
import type { Installation } from './installation.ts';
import { createInstallation } from './installation.ts';

/** A real server whose data and log are on a disk that becomes full, and roomy again. */

const words = {
  en: { title: 'Nothing can be saved right now', text: 'The server’s disk is full', again: 'Send it again' },
  de: {
    title: 'Gerade kann nichts gespeichert werden',
    text: 'Die Platte des Servers',
    again: 'Noch einmal',
  },
};
const pages = [
  ...['/timer', '/entries', '/reports/summary', '/reports/export.csv', '/projects', '/clients', '/tasks'],
  ...[
    '/tags',
    '/rates',
    '/notices',
    '/account',
    '/privacy',
    '/admin/system',
    '/admin/telemetry',
    '/admin/users',
  ],
  ...['/admin/telemetry/ledger', '/admin/audit', '/admin/settings'],
];
/** Telemetry is on: every page view waits for its place in the queue, and every error for a report. Nobody listens there. */
const telemetry = {
  POSTHOG_API_KEY: 'phc_12345678',
  POSTHOG_HOST: 'http://127.0.0.1:9',
  SENTRY_DSN: 'http://0123456789abcdef@127.0.0.1:9/1',
};
const minuteMs = 60_000;
const POLL = { timeout: 20_000, interval: 200 };

const ways = Object.entries(waysToFill).map(([way, open]) => {
  const disk = open(join(mkdtempSync(join(inject('folder'), 'full-')), 'disk'));
  return { way, disk };
});
const disks = ways.filter((one): one is { way: string; disk: CrowdedDisk } => typeof one.disk !== 'string');
const refusedDisks = ways.filter(({ disk }) => typeof disk === 'string');

interface Refusal {
  status: number;
  text: string;
  id: string;
  headers: Headers;
}

/** What people do at a server: each answer with its id. */
function visitor(address: () => string, installation: () => Installation) {
  const ask = async (name: string, path: string, init: RequestInit = {}): Promise<Refusal> => {
    const cookie = installation().cookies[name] ?? '';
    const answer = await fetch(`${address()}${path}`, {
      ...{ redirect: 'manual', ...init },
      headers: { cookie, ...(init.headers as Record<string, string> | undefined) },
    });
    const { status, headers } = answer;
    return { status, headers, text: await answer.text(), id: headers.get('x-request-id') ?? '' };
  };
  return {
    get: (name: string, path: string) => ask(name, path),
    post: (name: string, path: string, fields: Record<string, string>, headers?: Record<string, string>) =>
      ask(name, path, { method: 'POST', body: new URLSearchParams(fields), ...(headers ? { headers } : {}) }),
  };
}

describe.skipIf(inject('postgres') !== undefined)('a full disk', () => {
  // Counted among what was left out, with the reason.
  if (refusedDisks.length > 0) test.skip.each(refusedDisks)('by $way: $disk', () => undefined);

  describe.each(disks)('by $way', ({ disk }: { disk: CrowdedDisk }) => {
    let installation: Installation;
    let server: ServerProcess;
    const stored: string[] = [];
    const refused: string[] = [];
    const { get, post } = visitor(
      () => server.address,
      () => installation,
    );
    const start = async (text: string): Promise<Refusal> => post('ben', '/timer/start', { text });
    /** One of everything, so that pages about one thing have something to show: its id is 1. */
    const makeWork = async (): Promise<void> => {
      const made: [string, Record<string, string>][] = [
        ['/clients', { name: 'Client' }],
        ['/projects', { name: 'Project', client_id: '1', color: 'teal', visibility: 'everyone' }],
        ['/tasks', { name: 'Task', project_id: '1', status: 'open', priority: 'normal' }],
        ['/tags', { name: 'Tag' }],
      ];
      for (const [path, fields] of made) {
        const { status, text } = await post('ada', path, fields);
        expect(`${path} ${status}`, text).toBe(`${path} 303`);
      }
    };
    const samples = async () => samplesOf((await get('ben', '/metrics')).text);
    const sumOf = async (pattern: RegExp): Promise<number> =>
      [...(await samples())]
        .filter(([name]) => pattern.test(name))
        .reduce((sum, [, value]) => sum + value, 0);
    const descriptions = () =>
      installation.look(async ({ db }) =>
        (await db.selectFrom('entries').select('description').execute()).map(
          ({ description }) => description,
        ),
      );
    const integrity = () =>
      installation.look(async ({ db }) => (await sql`pragma integrity_check`.execute(db)).rows);
    const lastSeen = () =>
      installation.look(async ({ db }) =>
        db
          .selectFrom('sessions')
          .select(['last_seen_at', 'flash'])
          .where('user_id', '=', installation.ids['ada'] ?? 0)
          .executeTakeFirstOrThrow(),
      );

    beforeAll(async () => {
      const people = { ada: 'en', ben: 'en', carl: 'de' } as const;
      installation = await createInstallation(disk.folder, people, telemetry);
      server = await installation.start();
      await makeWork();
      // Whoever comes after a while, with a message waiting: two writes that a page does by the way.
      await installation.look(({ db }) =>
        db
          .updateTable('sessions')
          .set({
            last_seen_at: Date.now() - 10 * minuteMs,
            flash: JSON.stringify({ kind: 'info', text: 'a message that waits', undo_path: null }),
          })
          .where('user_id', '=', installation.ids['ada'] ?? 0)
          .execute(),
      );
      expect((await start('before')).status).toBe(303);
      stored.push('before');
      disk.fill(server.pid);
      // What has room in the files as they are is still stored, and must be there in the end.
      for (let number = 0; refused.length === 0 && number < 2_000; number += 1) {
        const text = `work ${number} ${'x'.repeat(400)}`;
        await post('ben', '/timer/stop', {});
        const { status } = await post('ben', '/entries', {
          ...{ text, local_date: '2026-03-04', started_time: '9:00', ended_time: '9:01', duration: '' },
        });
        (status === 303 ? stored : refused).push(text);
      }
      await vi.waitFor(async () => {
        // A line of the log each, until its file has no room either.
        for (let line = 0; line < 20; line += 1) await get('ben', '/timer');
        expect(await sumOf(/^tt_log_write_errors_total/)).toBeGreaterThan(0);
      }, POLL);
    });

    it.each(pages)('still shows %s', async (path) => {
      const { status, text } = await get('ada', path);
      expect(status, text.slice(0, 2_000)).toBe(200);
    });

    it('fails at no address that shows something', async () => {
      const routes = await routesOf(createApp((await createTestApp()).deps));
      const shows = routes.filter(({ method }) => method === 'GET').map(({ path }) => path);
      expect(shows.length).toBeGreaterThan(40);
      const failed: string[] = [];
      for (const pattern of shows) {
        const path = pattern.replace(':channel', 'analytics').replaceAll(/:\w+/g, '1');
        const { status } = await get('ada', path);
        if (status >= 500) failed.push(`${path} ${status}`);
      }
      expect(failed).toEqual([]);
    });

    it('shows somebody who comes after a while their message, and keeps it', async () => {
      expect((await get('ada', '/timer')).text).toContain('a message that waits');
      const { last_seen_at, flash } = await lastSeen();
      expect(last_seen_at).toBeLessThan(Date.now() - 9 * minuteMs);
      expect(flash).toContain('a message that waits');
    });

    it.each([
      ['ben', words.en],
      ['carl', words.de],
    ])('refuses what %s saves in words, and keeps what was typed', async (name, { title, text, again }) => {
      const typed = `A long note by ${name} & "others"`;
      const answer = await post(name, '/timer/start', { text: typed, return_to: '/timer' });
      expect(answer.status, answer.text.slice(0, 2_000)).toBe(507);
      expect(answer.headers.get('retry-after')).toBe('60');
      const page = answer.text.replaceAll('&amp;', '&').replaceAll('&#34;', '"').replaceAll('&quot;', '"');
      for (const part of [title, text, again, typed, answer.id]) expect(page).toContain(part);
      expect(page).toMatch(/<form[^>]* method="post" action="\/timer\/start"/);
      expect(page).toContain('name="return_to" value="/timer"');
      refused.push(typed);
    });

    it('refuses a program with a problem document', async () => {
      const answer = await post('ben', '/timer/start', { text: 'a program' }, { accept: 'application/json' });
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(JSON.parse(answer.text)).toMatchObject({
        ...{ status: 507, title: 'Insufficient Storage', code: 'storage_full', request_id: answer.id },
      });
      refused.push('a program');
    });

    it('refuses to sign somebody in, and does not write the password into the page', async () => {
      const fields = { email: 'ben@example.com', password: 'correct horse battery' };
      const answer = await post('nobody', '/login', fields);
      expect(answer.status).toBe(507);
      expect(answer.text).toContain(words.en.title);
      expect(answer.text).not.toContain(fields.password);
    });

    it('signs out in the browser whoever wants to leave, and says what that means', async () => {
      const left = await post('carl', '/logout', {});
      expect(left.status).toBe(507);
      expect(left.headers.get('set-cookie')).toMatch(/^tt_session=; .*Max-Age=0/);
      expect(left.text).toContain('In diesem Browser ist die Abmeldung erfolgt');
      expect(left.text).toContain('action="/login"');
      expect(left.text).not.toContain('action="/logout"');
    });

    it('is told by metrics, probes and the page for administrators', async () => {
      const found = await samples();
      expect(await sumOf(/^tt_requests_total.*http_status="507"/)).toBeGreaterThan(0);
      expect(await sumOf(/^tt_requests_total\{method="GET".*http_status="5/)).toBe(0);
      expect(found.get('tt_log_write_errors_total')).toBeGreaterThan(0);
      if (disk.isMeasured) {
        const free = ['data', 'log'].map((folder) => found.get(`tt_disk_free_bytes{folder="${folder}"}`));
        expect(free).toEqual([0, 0]);
        expect(found.get('tt_disk_size_bytes{folder="data"}')).toBe(24 * 1_048_576);
      }
      const ready = await get('nobody', '/readyz');
      expect([ready.status, JSON.parse(ready.text)]).toEqual([
        200,
        { status: 'ok', checks: { database: 'ok', log: 'full' } },
      ]);
      expect((await get('nobody', '/livez')).status).toBe(200);
      expect((await get('ada', '/admin/system')).text).toContain('The log cannot be written');
    });

    it('drops what would wait to leave, and counts it', async () => {
      await get('ben', '/timer');
      const dropped = /^tt_events_total\{event="page.viewed",outcome="dropped"/;
      await expect.poll(() => sumOf(dropped), POLL).toBeGreaterThan(0);
    });

    // The limit is that of one process: commands and later starts know nothing of it.
    if (disk.isMeasured)
      it('leaves no half backup', async () => {
        const folder = join(disk.folder, 'half');
        mkdirSync(folder);
        const { code, stderr } = await runCommand('cli/backup.ts', [folder], { folder: disk.folder });
        expect(code).toBe(1);
        expect(stderr.trim().split('\n')).toHaveLength(1);
        expect(readdirSync(folder)).toEqual([]);
      });

    it('leaves the database whole', async () => {
      expect(await integrity()).toEqual([{ integrity_check: 'ok' }]);
    });

    it('is over by itself as soon as there is room', async () => {
      // A timer that makes way in the second it began is dropped, and all of this may fit into one.
      const began = Math.floor(Date.now() / 1000);
      await expect.poll(() => Math.floor(Date.now() / 1000), POLL).toBeGreaterThan(began);
      const { id } = await start('refused, then stored');
      disk.makeRoom(server.pid);
      const answer = await start('refused, then stored');
      expect(answer.status).toBe(303);
      stored.push('refused, then stored');
      expect((await get('ada', '/timer')).status).toBe(200);
      expect((await lastSeen()).last_seen_at).toBeGreaterThan(Date.now() - minuteMs);
      expect((await lastSeen()).flash).toBeNull();
      const ready = JSON.parse((await get('nobody', '/readyz')).text) as object;
      expect(ready).toEqual({ status: 'ok', checks: { database: 'ok', log: 'ok' } });
      // What waited is in the log as well, before what came after it.
      const ids = logOf(disk.folder).map((line) => line['request_id']);
      expect(ids).toContain(id);
      expect(ids.lastIndexOf(answer.id)).toBeGreaterThan(ids.indexOf(id));
      const errors = await sumOf(/^tt_log_write_errors_total/);
      await get('ada', '/timer');
      expect(await sumOf(/^tt_log_write_errors_total/)).toBe(errors);
    });

    if (disk.isMeasured)
      it('does not stop a backup any more', async () => {
        const made = await runCommand('cli/backup.ts', [join(disk.folder, 'whole')], { folder: disk.folder });
        expect(made).toMatchObject({ code: 0, stderr: '' });
      });

    it('has lost nothing that was answered, and stored nothing that was refused', async () => {
      const found = await descriptions();
      expect(found.toSorted()).toEqual(stored.toSorted());
      expect(found.filter((text) => refused.includes(text))).toEqual([]);
      server.kill('SIGTERM');
      expect(await server.ended).toBe(0);
      expect(await integrity()).toEqual([{ integrity_check: 'ok' }]);
    });

    if (disk.isMeasured)
      it('says so to who starts the server on it, and a later start finds everything', async () => {
        disk.fill(0);
        await expect(installation.start()).rejects.toThrow(
          'the disk of the database is full, or cannot be written',
        );
        disk.makeRoom(0);
        server = await installation.start();
        const { status, text } = await get('ben', '/timer');
        expect(status).toBe(200);
        expect(text).toContain('refused, then stored');
      });
  });
});

/** The database says what it says on a full disk: SQLite by a limit of its own, PostgreSQL by its code. */
async function fillDatabase({ deps }: TestApp): Promise<() => Promise<void>> {
  const { db, connection } = deps;
  if (connection.dialect === 'sqlite') {
    const pages = await sql<{ page_count: number }>`pragma page_count`.execute(db);
    const { page_count } = pages.rows[0] ?? { page_count: 0 };
    await sql`pragma max_page_count = ${sql.raw(String(page_count))}`.execute(db);
    return async () => void (await sql`pragma max_page_count = 1000000`.execute(db));
  }
  await sql`create function refuse() returns trigger language plpgsql as $$
    begin raise exception 'could not extend file' using errcode = '53100'; end $$`.execute(db);
  await sql`create trigger full_disk before insert or update on entries execute function refuse()`.execute(
    db,
  );
  return async () => void (await sql`drop trigger full_disk on entries`.execute(db));
}

describe('a database without room', () => {
  it('refuses with 507, keeps the form, and takes it as soon as there is room', async () => {
    const app = await createTestApp();
    app.expectErrors();
    const makeRoom = await fillDatabase(app);
    const fields = { local_date: '2026-03-04', started_time: '8:00', ended_time: '8:30', duration: '' };
    const text = 'y'.repeat(490);
    let answer = await app.as('bob').post('/entries', { ...fields, text });
    for (let number = 0; answer.status === 303 && number < 500; number += 1)
      answer = await app.as('bob').post('/entries', { ...fields, text: `${number} ${text}`.slice(0, 500) });
    expect(answer.status).toBe(507);
    expect(answer.text).toContain(words.en.title);
    expect(answer.text).toContain('value="8:30"');
    expect((await app.as('bob').get('/timer')).status).toBe(200);
    await makeRoom();
    expect((await app.as('bob').post('/entries', { ...fields, text: 'after' })).status).toBe(303);
  });
});
