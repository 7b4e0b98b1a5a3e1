import { connect as openSocket } from 'node:net';
import type request from 'supertest';
import { describe, expect, it } from 'vitest';
import { updatePerson } from '../../src/features/accounts/people.queries.ts';
import { addPerson } from '../../src/features/accounts/people.ts';
import { addPersonByCommand, completeSetup, resetPasswordByCommand } from '../../src/features/setup/setup.ts';
import type { TestApp } from '../support/app.ts';
import { untilBlocked } from '../support/blocked.ts';
import { createTestApp } from '../support/app.ts';
import { opened } from '../support/each-file.ts';
import { openDestination } from '../support/internet.ts';

const filled = {
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  password: 'correct horse battery',
  used_by: 'team',
  time_zone: 'Europe/Vienna',
  week_start: '7',
  currency: 'CHF',
  duration_format: 'decimal',
};
const fresh = (environment: Record<string, string> = {}) => createTestApp({ empty: true, environment });
const events = (app: TestApp, name: string) => app.logLines().filter((line) => line['event'] === name);
const people = (app: TestApp) => app.deps.db.selectFrom('users').selectAll().execute();
/** A request as it arrives from another machine. */
const fromAfar = (test: request.Test) => test.set('Host', 'time.example.com');

describe('a server without administrator', () => {
  it('leads every address to /setup, but answers probes and files', async () => {
    const app = await fresh();
    for (const url of ['/', '/timer', '/login', '/account', '/nonsense']) {
      expect((await app.stranger.get(url)).headers['location'], url).toBe('/setup');
    }
    expect((await app.stranger.post('/login', { email: 'a@b', password: 'x' })).headers['location']).toBe(
      '/setup',
    );
    expect((await app.stranger.get('/livez')).status).toBe(200);
    expect((await app.stranger.get('/robots.txt')).status).toBe(200);
  });

  it('shows one page that says what leaves the server, in the language of the browser', async () => {
    const app = await fresh();
    const page = await app.stranger.get('/setup');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Nothing, because no destination is configured.');
    expect(page.text).toContain('<option value="EUR" selected>');
    expect(page.text).not.toContain('setup_code');
    const german = await app.stranger.get('/setup').set('Accept-Language', 'de');
    expect(german.text).toContain('Was diesen Server verlässt');
  });

  it('is set up by the page: administrator, settings, session, event', async () => {
    const app = await fresh();
    const answer = await app.stranger.post('/setup', filled).set('Accept-Language', 'de');
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/timer');
    const { password_hash, ...person } = (await people(app))[0] ?? { password_hash: '' };
    expect(person).toMatchObject({
      email: 'ada@example.com',
      email_key: 'ada@example.com',
      name: 'Ada Lovelace',
      role: 'admin',
      locale: 'de',
      time_zone: 'Europe/Vienna',
      week_start: 7,
      duration_format: 'decimal',
    });
    expect(password_hash).toMatch(/^\$argon2id\$/);
    expect(await app.deps.settings.read()).toEqual({
      used_by: 'team',
      time_zone: 'Europe/Vienna',
      week_start: 7,
      currency: 'CHF',
      duration_format: 'decimal',
    });
    const cookie = /tt_session=[^;]+/.exec((answer.get('Set-Cookie') ?? []).join())?.[0] ?? '';
    const account = await app.stranger.get('/account').set('Cookie', cookie);
    expect(account.status).toBe(200);
    expect(account.text).toContain('Ada Lovelace');
    expect(events(app, 'setup.completed')).toMatchObject([{ used_by: 'team', source: 'page' }]);
    const text = JSON.stringify(app.logLines());
    expect(text).not.toMatch(/ada@example|Lovelace|correct horse/);
  });

  it('takes UTC where no zone was chosen', async () => {
    const app = await fresh();
    expect((await app.stranger.post('/setup', { ...filled, time_zone: '' })).status).toBe(303);
    expect((await people(app))[0]?.time_zone).toBe('UTC');
  });

  it('names every problem beside its field, keeps what was typed, and stores nothing', async () => {
    const app = await fresh();
    const bad = {
      name: '',
      email: 'nonsense',
      password: 'too short',
      used_by: 'everybody',
      time_zone: 'Mars/Olympus',
      week_start: '2',
      currency: 'XYZ',
      duration_format: 'x',
    };
    const answer = await app.stranger.post('/setup', bad);
    expect(answer.status).toBe(422);
    for (const sentence of [
      'Please fill this in.',
      'Please enter an e-mail address like name@example.com.',
      'At least 10 characters.',
      'Please choose a time zone from the list.',
      'Please enter a three-letter currency code like EUR.',
    ]) {
      expect(answer.text).toContain(sentence);
    }
    expect(answer.text.match(/Please choose one of the offered values\./g)).toHaveLength(3);
    expect(answer.text).toContain('value="nonsense"');
    expect(answer.text).not.toContain('too short');
    expect((await app.stranger.post('/setup')).status).toBe(422);
    expect(await people(app)).toEqual([]);
    expect(await app.deps.db.selectFrom('settings').selectAll().execute()).not.toContainEqual(
      expect.objectContaining({ name: 'used_by' }),
    );
  });
});

describe('what leaves the server, asked at the first run', () => {
  const destinations = (url: string) => ({
    SENTRY_DSN: `${url.replace('http://', 'http://abcdef@')}/1`,
    POSTHOG_API_KEY: 'phc_key_of_a_test',
    POSTHOG_HOST: url,
  });
  const decisions = async (app: TestApp) =>
    app.deps.db
      .selectFrom('consents')
      .select(['channel', 'mode', 'source', 'user_id'])
      .orderBy('id')
      .execute();

  it('shows each channel that has a destination: where it goes, what is in it, a sample of this server', async () => {
    const internet = await openDestination();
    opened.push(internet);
    const app = await fresh({ ...destinations(internet.url), APP_VERSION: '9.8.7' });
    const { text } = await app.stranger.get('/setup');
    for (const name of ['Error reports', 'Product events', 'Installation telemetry'])
      expect(text).toContain(`${name} may go to ${internet.host}`);
    // A sample each, of this very version.
    expect(text.match(/A sample of this very server/g)).toHaveLength(3);
    expect(text).toContain('9.8.7');
    expect(text).toContain('&#34;api_key&#34;');
    expect(text).not.toContain(destinations(internet.url).POSTHOG_API_KEY);
    // The fingerprint of the server is not for whoever is on the network.
    const afar = (await fromAfar(app.stranger.get('/setup'))).text;
    expect(afar).toContain('setup_code');
    expect(afar).not.toContain('A sample of this very server');
    for (const field of ['error.frames', 'envelope.distinct_id', 'timer.started', 'ping.fingerprint'])
      expect(text).toContain(`<code>${field}</code>`);
    const isOn = (channel: string) => new RegExp(`name="send_${channel}" value="1" checked`).test(text);
    expect(['errors', 'analytics', 'installation'].map(isOn)).toEqual([true, true, false]);
    expect(internet.connections()).toBe(0);
  });

  it('keeps the decisions with the administrator who took them, and they hold at once', async () => {
    const internet = await openDestination();
    opened.push(internet);
    const app = await fresh(destinations(internet.url));
    // A check box that is not ticked sends only its hidden 0.
    const chosen = { send_errors: ['0', '1'], send_analytics: '0', send_installation: ['0', '1'] };
    expect((await app.stranger.post('/setup', { ...filled, ...chosen })).status).toBe(303);
    const user_id = (await people(app))[0]?.id;
    const decided = { source: 'setup', user_id };
    expect(await decisions(app)).toEqual([
      { channel: 'errors', mode: 'auto', ...decided },
      { channel: 'analytics', mode: 'off', ...decided },
      { channel: 'installation', mode: 'auto', ...decided },
    ]);
    const { telemetry } = app.deps;
    expect(telemetry.state('analytics')).toEqual({ mode: 'off', reason: 'switched_off' });
    expect(telemetry.state('installation')).toEqual({ mode: 'auto', reason: 'on_by_choice' });
    expect(events(app, 'admin.telemetry_toggled')).toHaveLength(3);
  });

  it('decides nothing that was not asked: no destination, a veto, a request without the fields', async () => {
    const internet = await openDestination();
    opened.push(internet);
    const all = { send_errors: '1', send_analytics: '1', send_installation: '1' };
    const none = await fresh();
    await none.stranger.post('/setup', { ...filled, ...all });
    expect(await decisions(none)).toEqual([]);
    const vetoed = await fresh({ ...destinations(internet.url), DO_NOT_TRACK: '1' });
    const { text } = await vetoed.stranger.get('/setup');
    expect(text.match(/DO_NOT_TRACK=1 in the environment forbids every channel/g)).toHaveLength(3);
    await vetoed.stranger.post('/setup', { ...filled, ...all });
    expect(await decisions(vetoed)).toEqual([]);
    const silent = await fresh(destinations(internet.url));
    await silent.stranger.post('/setup', filled);
    const byNobody = { mode: 'auto', source: 'environment', user_id: null };
    expect(await decisions(silent)).toEqual([
      { channel: 'errors', ...byNobody },
      { channel: 'analytics', ...byNobody },
    ]);
    expect(silent.deps.telemetry.state('errors').reason).toBe('on_by_configuration');
  });

  it('keeps what was ticked when something else is wrong, and refuses nonsense', async () => {
    const app = await fresh(destinations('http://127.0.0.1:9'));
    const off = { ...filled, send_errors: '0', send_installation: ['0', '1'], email: 'nonsense' };
    const again = await app.stranger.post('/setup', off);
    expect(again.status).toBe(422);
    expect(again.text).not.toContain('name="send_errors" value="1" checked');
    expect(again.text).toContain('name="send_installation" value="1" checked');
    expect((await app.stranger.post('/setup', { ...filled, send_errors: 'maybe' })).status).toBe(422);
    expect(await decisions(app)).toEqual([]);
    expect(await people(app)).toEqual([]);
  });
});

describe('the setup code', () => {
  const code = { SETUP_CODE: 'only-for-me' };

  it('is asked of every request that may come from another machine', async () => {
    const app = await fresh(code);
    const traces: [string, string][] = [
      ['Host', 'time.example.com'],
      ['Host', '192.168.1.20:8000'],
      ['Host', 'localhost.example.com'],
      ['X-Forwarded-For', '127.0.0.1'],
      ['Forwarded', 'for=127.0.0.1'],
      ['X-Real-IP', '127.0.0.1'],
      ['Via', '1.1 proxy'],
    ];
    for (const [name, value] of traces) {
      const page = await app.stranger.get('/setup').set(name, value);
      expect(page.text, `${name}: ${value}`).toContain('name="setup_code"');
      const answer = await app.stranger.post('/setup', filled).set(name, value);
      expect(answer.status, `${name}: ${value}`).toBe(422);
    }
    expect(await people(app)).toEqual([]);
  });

  it('is asked of HTTP/1.0, which plain proxies speak and browsers do not', async () => {
    const app = await fresh(code);
    const page = await new Promise<string>((resolve, reject) => {
      const socket = openSocket(Number(new URL(app.address).port), '127.0.0.1');
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      socket.on('error', reject).on('end', () => resolve(text));
      socket.write('GET /setup HTTP/1.0\r\nHost: localhost:8000\r\n\r\n');
    });
    expect(page).toContain('name="setup_code"');
  });

  it('is asked of an address that a trusted proxy forwards', async () => {
    const app = await fresh({ ...code, TRUST_PROXY: 'loopback' });
    const answer = await app.stranger.post('/setup', filled).set('X-Forwarded-For', '203.0.113.9');
    expect(answer.status).toBe(422);
  });

  it('is not asked on the machine itself, by any of its names', async () => {
    const app = await fresh(code);
    for (const host of ['localhost', 'localhost:8000', '127.0.0.1', '[::1]:8000']) {
      expect((await app.stranger.get('/setup').set('Host', host)).text, host).not.toContain('setup_code');
    }
  });

  it('opens the page to who knows it, and to nobody else', async () => {
    const app = await fresh(code);
    for (const setup_code of ['', 'only-for-m', 'only-for-me2', 'ONLY-FOR-ME', '0']) {
      const answer = await fromAfar(app.stranger.post('/setup', { ...filled, setup_code }));
      expect(answer.status, setup_code).toBe(422);
      const sentence = setup_code === '' ? 'Please fill this in.' : 'This is not the setup code.';
      expect(answer.text).toContain(sentence);
    }
    expect(await people(app)).toEqual([]);
    const answer = await fromAfar(app.stranger.post('/setup', { ...filled, setup_code: ' only-for-me ' }));
    expect(answer.headers['location']).toBe('/timer');
  });

  it('is made anew for each server that has none set', async () => {
    const [one, two] = [await fresh(), await fresh()];
    expect(one.deps.setupCode).toMatch(/^\d{4}-\d{4}$/);
    expect(one.deps.setupCode).not.toBe(two.deps.setupCode);
    const answer = await fromAfar(one.stranger.post('/setup', { ...filled, setup_code: one.deps.setupCode }));
    expect(answer.headers['location']).toBe('/timer');
  });

  it('can be guessed a few times only, from however many addresses', async () => {
    const app = await fresh({ ...code, LOGIN_ATTEMPTS: '1', TRUST_PROXY: 'loopback' });
    const attempt = (index: number, setup_code: string) =>
      app.stranger.post('/setup', { ...filled, setup_code }).set('X-Forwarded-For', `203.0.113.${index}`);
    for (let index = 0; index < 10; index += 1) {
      expect((await attempt(index, 'wrong-code')).status).toBe(422);
    }
    const refused = await attempt(99, 'only-for-me');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBe(900);
    expect(refused.text).toContain('Too many attempts.');
    expect(await people(app)).toEqual([]);
    expect((await app.stranger.post('/setup', filled)).headers['location']).toBe('/timer');
  });

  it('does not help an address that asks without end', async () => {
    const app = await fresh({ LOGIN_ATTEMPTS: '1' });
    for (let index = 0; index < 10; index += 1) {
      expect((await app.stranger.post('/setup', {})).status).toBe(422);
    }
    expect((await app.stranger.post('/setup', filled)).status).toBe(429);
  });
});

describe('when setup is over', () => {
  it('is gone: strangers are sent to sign in, people find nothing', async () => {
    const app = await createTestApp();
    for (const send of [() => app.stranger.get('/setup'), () => app.stranger.post('/setup', filled)]) {
      const answer = await send();
      expect(answer.status).toBe(303);
      expect(answer.headers['location']).toBe('/login');
    }
    expect((await app.as('bob').get('/setup')).status).toBe(404);
    expect((await app.as('alice').post('/setup', filled)).status).toBe(404);
    expect(await people(app)).toHaveLength(3);
  });

  it('makes one administrator of many who submit at once', async () => {
    const app = await fresh();
    const submit = (index: number) =>
      app.stranger.post('/setup', { ...filled, email: `ada${index}@example.com` });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => submit(index)));
    const places = answers.map(({ headers }) => String(headers['location'])).sort();
    expect(places).toEqual([...Array.from({ length: 7 }, () => '/login'), '/timer']);
    expect(await people(app)).toHaveLength(1);
    expect(await app.deps.db.selectFrom('sessions').selectAll().execute()).toHaveLength(1);
    expect(events(app, 'setup.completed')).toHaveLength(1);
  });

  it('refuses a request that began while another one was setting up', async () => {
    const app = await fresh();
    const chosen = {
      ...filled,
      used_by: 'team',
      week_start: 7,
      duration_format: 'clock',
      setup_code: '',
    } as const;
    const late = duringSetup(app, () => completeSetup(app.deps, chosen, 'en'));
    await expect(late).rejects.toMatchObject({ code: 'already_set_up' });
    expect(await people(app)).toHaveLength(1);
  });

  it('is open again when the last administrator was deactivated', async () => {
    const app = await createTestApp();
    await updatePerson(app.deps.db, app.ids.alice, { deactivated_at: app.clock.now });
    expect((await app.stranger.post('/setup', filled)).headers['location']).toBe('/timer');
  });
});

describe('a person added by command', () => {
  const person = {
    name: 'Ada',
    email: 'ada@example.com',
    password: 'correct horse battery',
    role: 'admin',
  } as const;

  it('completes the setup, and can sign in', async () => {
    const app = await fresh();
    await addPersonByCommand(app.deps, person);
    const { email, password } = person;
    expect((await app.stranger.post('/login', { email, password })).headers['location']).toBe('/timer');
    expect(events(app, 'admin.user_created')).toMatchObject([{ role: 'admin', source: 'command' }]);
    expect(events(app, 'setup.completed')).toMatchObject([{ source: 'command' }]);
    expect((await app.stranger.get('/setup')).headers['location']).toBe('/login');
  });

  it('is one more person later, with the settings of the server', async () => {
    const app = await fresh();
    await app.stranger.post('/setup', filled);
    const id = await addPersonByCommand(app.deps, { ...person, email: 'bea@example.com', role: 'member' });
    const added = (await people(app)).find((row) => row.id === id);
    expect(added).toMatchObject({ role: 'member', time_zone: 'Europe/Vienna', week_start: 7 });
    expect(events(app, 'setup.completed')).toHaveLength(1);
  });

  it('does not complete the setup as a member', async () => {
    const app = await fresh();
    await addPersonByCommand(app.deps, { ...person, role: 'member' });
    expect((await app.stranger.get('/timer')).headers['location']).toBe('/setup');
    expect(events(app, 'setup.completed')).toEqual([]);
  });

  it('does not complete a setup that another request is just completing', async () => {
    const app = await fresh();
    await duringSetup(app, () => addPersonByCommand(app.deps, { ...person, email: 'bea@example.com' }));
    expect(events(app, 'admin.user_created')).toHaveLength(1);
    expect(events(app, 'setup.completed')).toEqual([]);
  });
});

describe('a password reset by command', () => {
  it('ends every session of that person, and of nobody else', async () => {
    const app = await createTestApp();
    const chosen = { email: 'BOB@example.com', password: 'another good password' };
    expect(await resetPasswordByCommand(app.deps, chosen)).toBe(true);
    expect((await app.as('bob').get('/account')).status).toBe(303);
    expect((await app.as('alice').get('/account')).status).toBe(200);
    expect((await app.stranger.post('/login', chosen)).headers['location']).toBe('/timer');
    expect(events(app, 'admin.user_updated')).toMatchObject([{ change: 'password', source: 'command' }]);
  });
});

/** Does something while another transaction has made the first administrator and has not committed yet. */
async function duringSetup<Result>(app: TestApp, act: () => Promise<Result>): Promise<Result> {
  const { db, settings } = app.deps;
  const acting = await db.transaction().execute(async (trx) => {
    await settings.write(trx, { used_by: 'alone' });
    const first = {
      name: 'First',
      email: 'first@example.com',
      password_hash: '',
      role: 'admin',
      locale: 'en',
    } as const;
    const display = { time_zone: 'UTC', week_start: 1, duration_format: 'clock' } as const;
    await addPerson(trx, first, display, app.clock.now);
    const begun = act();
    // The result is looked at after the commit; until then a rejection has no listener.
    begun.catch(() => undefined);
    await untilBlocked(app);
    return [begun] as const;
  });
  return acting[0];
}
