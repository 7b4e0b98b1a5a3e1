import { createHook } from 'node:async_hooks';
import request from 'supertest';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { buildDeps } from '../../src/deps.ts';
import { createAttempts } from '../../src/features/accounts/attempts.ts';
import { deviceOf } from '../../src/features/accounts/device.ts';
import { hashPassword, verifyPassword } from '../../src/features/accounts/passwords.ts';
import { updatePerson } from '../../src/features/accounts/people.queries.ts';
import type { CastName, TestApp } from '../support/app.ts';
import { createPerson, createTestApp, testNow } from '../support/app.ts';
import { untilBlocked } from '../support/blocked.ts';
import { opened } from '../support/each-file.ts';

const password = 'correct horse battery';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** Gives people the password above; it is hashed once for all tests. */
const passwordHash = hashPassword(password);
async function givePassword(app: TestApp, ...names: CastName[]): Promise<void> {
  for (const name of names) {
    await updatePerson(app.deps.db, app.ids[name], { password_hash: await passwordHash });
  }
}

const events = (app: TestApp, name: string) => app.logLines().filter((line) => line['event'] === name);
const cookieOf = (answer: request.Response): string => (answer.get('Set-Cookie') ?? []).join();
const tokenOf = (answer: request.Response): string => /tt_session=([^;]*)/.exec(cookieOf(answer))?.[1] ?? '';
const signIn = (app: TestApp, fields: Record<string, string>) => app.stranger.post('/login', fields);

async function signedInCookie(app: TestApp, name: CastName, userAgent = firefox): Promise<string> {
  const answer = await signIn(app, { email: `${name}@example.com`, password }).set('User-Agent', userAgent);
  expect(answer.status).toBe(303);
  return `tt_session=${tokenOf(answer)}`;
}

/** Calls back for every hash that this process computes; to be disabled. */
const onHash = (seen: () => void) =>
  createHook({ init: (_id, type) => type === 'ARGON2REQUEST' && seen() }).enable();

/** 303 to /login for a cookie that is worth nothing any more. */
async function isSignedIn(app: TestApp, cookie: string): Promise<boolean> {
  const answer = await app.stranger.post('/account').set('Cookie', cookie);
  return !(answer.status === 303 && answer.headers['location'] === '/login');
}

describe('the sign-in page', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp();
    await givePassword(app, 'alice', 'bob');
  });

  it('shows a form that keeps where the person wanted to go', async () => {
    const sent = await app.stranger.get('/reports/summary?range=this_week');
    expect(sent.headers['location']).toBe('/login?return_to=%2Freports%2Fsummary%3Frange%3Dthis_week');
    const page = await app.stranger.get(String(sent.headers['location']));
    expect(page.status).toBe(200);
    expect(page.text).toContain('name="return_to" value="/reports/summary?range=this_week"');
  });

  it('is German for a German browser', async () => {
    const page = await app.stranger.get('/login').set('Accept-Language', 'de-AT,de;q=0.9');
    expect(page.text).toContain('<html lang="de"');
    expect(page.text).toContain('Willkommen zurück.');
  });

  it('signs in, whatever the case of the address, and leads back', async () => {
    const answer = await signIn(app, { email: ' Bob@Example.COM ', password, return_to: '/reports/summary' });
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/reports/summary');
    expect(await isSignedIn(app, `tt_session=${tokenOf(answer)}`)).toBe(true);
    expect(events(app, 'auth.login').at(-1)).toMatchObject({
      user_id: app.ids.bob,
      auth_method: 'password',
    });
  });

  it('leads to no other site', async () => {
    for (const return_to of ['https://evil.example.com', '//evil.example.com', '/\\evil.example.com']) {
      const answer = await signIn(app, { email: 'bob@example.com', password, return_to });
      expect(answer.headers['location'], return_to).toBe('/timer');
      const page = await app.stranger.get(`/login?return_to=${encodeURIComponent(return_to)}`);
      expect(page.text, return_to).not.toContain('evil');
    }
  });

  it('lets somebody who is signed in through', async () => {
    const answer = await app.as('bob').get('/login');
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/timer');
  });

  it('answers an unknown address and a wrong password with the same page', async () => {
    const wrong = await signIn(app, { email: 'bob@example.com', password: 'wrong' });
    const unknown = await signIn(app, { email: 'bot@example.com', password: 'wrong' });
    const without = await signIn(app, { email: 'charlie@example.com', password: 'wrong' });
    const neutral = (answer: request.Response): string =>
      answer.text.replaceAll(/value="[a-z]+@example.com"/g, '').replaceAll(/nonce="[^"]+"/g, '');
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('E-mail or password is wrong.');
    expect(wrong.text).toContain('value="bob@example.com"');
    expect(wrong.text).not.toContain('"wrong"');
    for (const other of [unknown, without]) {
      expect(other.status).toBe(422);
      expect(neutral(other)).toBe(neutral(wrong));
    }
    expect(cookieOf(wrong)).toBe('');
    expect(events(app, 'auth.login_failed').at(-1)).toMatchObject({ reason: 'credentials' });
  });

  it('hashes once, whether the account exists or not', async () => {
    let hashes = 0;
    const hook = onHash(() => (hashes += 1));
    for (const name of ['bob', 'nobody', 'charlie']) {
      hashes = 0;
      await signIn(app, { email: `${name}@example.com`, password: 'wrong' });
      expect(hashes, name).toBe(1);
    }
    hook.disable();
  });

  it('names what is missing beside the field', async () => {
    const answer = await signIn(app, { email: '', password: '' });
    expect(answer.status).toBe(422);
    expect(answer.text.match(/Please fill this in\./g)).toHaveLength(2);
    expect((await signIn(app, {})).status).toBe(422);
  });

  it('survives repeated fields, null characters and nonsense', async () => {
    const bodies: [string, number][] = [
      ['email=a&email=b&password=c', 422],
      ['email=%00&password=%00', 422],
      ['email=a%40b&password=%ff', 400],
      ['%%%', 400],
    ];
    for (const [body, status] of bodies) {
      const answer = await request(app.address).post('/login').type('form').send(body);
      expect(answer.status, body).toBe(status);
    }
  });

  it('counts in the metrics', async () => {
    await signIn(app, { email: 'bob@example.com', password });
    const { text } = await app.stranger.get('/metrics');
    expect(text).toMatch(/tt_logins_total\{method="password",outcome="success"\} [1-9]/);
    expect(text).toMatch(/tt_logins_total\{method="password",outcome="failure"\} [1-9]/);
  });

  it('writes no address and no password into the log', () => {
    const text = JSON.stringify(app.logLines());
    expect(text).not.toContain('example.com');
    expect(text).not.toContain(password);
  });
});

describe('a session', () => {
  it('is a cookie that scripts cannot read, and a hash in the database', async () => {
    const app = await createTestApp();
    await givePassword(app, 'bob');
    const answer = await signIn(app, { email: 'bob@example.com', password });
    const cookie = cookieOf(answer);
    expect(cookie).toMatch(
      /^tt_session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=7776000$/,
    );
    const rows = await app.deps.db.selectFrom('sessions').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(tokenOf(answer));
    expect(rows.every(({ token_hash }) => /^[0-9a-f]{64}$/.test(token_hash))).toBe(true);
  });

  it('has a secure cookie where people come by https', async () => {
    const named = await createTestApp({ environment: { PUBLIC_URL: 'https://time.example.com' } });
    await givePassword(named, 'bob');
    expect(cookieOf(await signIn(named, { email: 'bob@example.com', password }))).toMatch(/; Secure$/);
    const trusted = await createTestApp({ environment: { TRUST_PROXY: 'loopback' } });
    await givePassword(trusted, 'bob');
    const proxied = signIn(trusted, { email: 'bob@example.com', password }).set('X-Forwarded-Proto', 'https');
    expect(cookieOf(await proxied)).toMatch(/; Secure$/);
  });

  it('gets a new token at sign-in, and the old one is worth nothing', async () => {
    const app = await createTestApp();
    await givePassword(app, 'bob');
    const planted = `tt_session=${'A'.repeat(43)}`;
    const before = app.cookies.bob;
    for (const cookie of [planted, before]) {
      const answer = await signIn(app, { email: 'bob@example.com', password }).set('Cookie', cookie);
      expect(`tt_session=${tokenOf(answer)}`).not.toBe(cookie);
      expect(await isSignedIn(app, cookie)).toBe(false);
    }
  });

  it('ends at sign-out, on the server too', async () => {
    const app = await createTestApp({ environment: { PUBLIC_URL: 'https://time.example.com' } });
    const answer = await app.as('bob').post('/logout');
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/login');
    expect(answer.headers['clear-site-data']).toBe('"cache"');
    expect(cookieOf(answer)).toContain('tt_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0');
    expect(await isSignedIn(app, app.cookies.bob)).toBe(false);
    expect(events(app, 'auth.logout')).toMatchObject([{ user_id: app.ids.bob, reason: 'sign_out' }]);
  });

  it('ends after idleness, unless it is used', async () => {
    const app = await createTestApp({ environment: { SESSION_IDLE_HOURS: '2' } });
    for (const at of [1.9, 3.8, 5.7]) {
      app.clock.now = testNow + at * hourMs;
      expect(await isSignedIn(app, app.cookies.bob), `${at} h`).toBe(true);
    }
    expect(await isSignedIn(app, app.cookies.charlie)).toBe(false);
    app.clock.now += 2 * hourMs;
    expect(await isSignedIn(app, app.cookies.bob)).toBe(false);
  });

  it('ends after its longest life, however busy', async () => {
    const app = await createTestApp({ environment: { SESSION_MAX_DAYS: '1', SESSION_IDLE_HOURS: '24' } });
    for (const at of [8, 16, 23.9]) {
      app.clock.now = testNow + at * hourMs;
      expect(await isSignedIn(app, app.cookies.bob), `${at} h`).toBe(true);
    }
    app.clock.now = testNow + 24 * hourMs;
    expect(await isSignedIn(app, app.cookies.bob)).toBe(false);
  });

  it('ends at once for a person who was deactivated, who cannot sign in again', async () => {
    const app = await createTestApp();
    await givePassword(app, 'bob');
    expect(await isSignedIn(app, app.cookies.bob)).toBe(true);
    await updatePerson(app.deps.db, app.ids.bob, { deactivated_at: testNow });
    expect(await isSignedIn(app, app.cookies.bob)).toBe(false);
    const answer = await signIn(app, { email: 'bob@example.com', password });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('E-mail or password is wrong.');
    expect(events(app, 'auth.login_failed').at(-1)).toMatchObject({ reason: 'deactivated' });
  });

  it('is not made of a cookie of another shape', async () => {
    const app = await createTestApp();
    for (const value of ['', 'x', "' or 1=1 --", 'A'.repeat(44), `${'A'.repeat(42)}=`]) {
      expect(await isSignedIn(app, `tt_session=${value}`), value).toBe(false);
    }
  });
});

describe('the limit on attempts', () => {
  const environment = { LOGIN_ATTEMPTS: '3' };

  it('stops an account after too many failures, also for the right password, and says until when', async () => {
    const app = await createTestApp({ environment });
    await givePassword(app, 'bob', 'alice');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await signIn(app, { email: 'bob@example.com', password: 'wrong' })).status).toBe(422);
    }
    app.clock.now += 5 * minuteMs;
    const refused = await signIn(app, { email: 'BOB@example.com', password });
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('600');
    expect(refused.text).toContain('Too many attempts. Please try again in 10 minutes.');
    expect(refused.text).toContain('value="BOB@example.com"');
    expect(events(app, 'auth.login_failed').at(-1)).toMatchObject({ reason: 'rate_limited' });
    await signedInCookie(app, 'alice');
    app.clock.now += 10 * minuteMs;
    await signedInCookie(app, 'bob');
  });

  it('tells a JSON client in a problem document', async () => {
    const app = await createTestApp({ environment: { LOGIN_ATTEMPTS: '1' } });
    const attempt = () =>
      signIn(app, { email: 'bob@example.com', password: 'wrong' }).set('Accept', 'application/json');
    const wrong = await attempt();
    expect(wrong.status).toBe(422);
    expect(wrong.body).toMatchObject({ errors: [{ field: 'form', detail: 'E-mail or password is wrong.' }] });
    const refused = await attempt();
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('900');
    expect(refused.body).toMatchObject({
      detail: 'Too many attempts. Please try again in 15 minutes.',
    });
  });

  it('treats an account that does not exist alike', async () => {
    const app = await createTestApp({ environment });
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
      statuses.push((await signIn(app, { email: 'nobody@example.com', password: 'wrong' })).status);
    }
    expect(statuses).toEqual([422, 422, 422, 429]);
  });

  it('starts again after a success', async () => {
    const app = await createTestApp({ environment });
    await givePassword(app, 'bob');
    for (let round = 0; round < 3; round += 1) {
      for (let attempt = 0; attempt < 2; attempt += 1) {
        expect((await signIn(app, { email: 'bob@example.com', password: 'wrong' })).status).toBe(422);
      }
      await signedInCookie(app, 'bob');
    }
  });

  it('counts fifty parallel guesses as fifty, and hashes only those within the limit', async () => {
    const app = await createTestApp({ environment: { LOGIN_ATTEMPTS: '10' } });
    await givePassword(app, 'bob');
    const guesses = Array.from({ length: 50 }, (_, index) =>
      signIn(app, { email: 'bob@example.com', password: `guess ${index}` }),
    );
    let hashes = 0;
    const hook = onHash(() => (hashes += 1));
    const statuses = (await Promise.all(guesses)).map(({ status }) => status);
    hook.disable();
    expect(hashes).toBe(10);
    expect(statuses.filter((status) => status === 422)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(40);
  });

  it('stops an address that tries many accounts, before any password is looked at', async () => {
    const app = await createTestApp({ environment: { LOGIN_ATTEMPTS: '1', TRUST_PROXY: 'loopback' } });
    await givePassword(app, 'bob');
    const from = (address: string, name: string) =>
      signIn(app, { email: `${name}@example.com`, password }).set('X-Forwarded-For', address);
    for (let attempt = 0; attempt < 10; attempt += 1) {
      expect((await from('2001:db8:1:2::7', `nobody${attempt}`)).status).toBe(422);
    }
    const refused = await from('2001:db8:1:2::8', 'bob');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBe(900);
    expect(refused.text).toContain('Please try again in 15 minutes.');
    expect((await from('2001:db8:1:3::7', 'bob')).status).toBe(303);
    expect((await from('198.51.100.4', 'bob')).status).toBe(303);
  });

  it('does not count successes against an address', async () => {
    const app = await createTestApp({ environment: { LOGIN_ATTEMPTS: '1' } });
    await givePassword(app, 'bob');
    for (let attempt = 0; attempt < 12; attempt += 1) await signedInCookie(app, 'bob');
  });

  it('is shared by instances on one database', async () => {
    const app = await createTestApp({ environment });
    const config = { ...app.deps.config, log_file: `${app.deps.config.log_file}.second` };
    const second = await buildDeps(config, { now: () => app.clock.now });
    opened.push(second);
    const fields = { email: 'bob@example.com', password: 'wrong' };
    const other = () => request(createApp(second)).post('/login').type('form').send(fields);
    expect((await signIn(app, fields)).status).toBe(422);
    expect((await other()).status).toBe(422);
    expect((await signIn(app, fields)).status).toBe(422);
    expect((await other()).status).toBe(429);
    expect((await signIn(app, fields)).status).toBe(429);
  });

  it('keeps neither addresses nor accounts in the database', async () => {
    const app = await createTestApp({ environment: { TRUST_PROXY: 'loopback' } });
    await signIn(app, { email: 'bob@example.com', password: 'x' }).set('X-Forwarded-For', '203.0.113.77');
    const rows = await app.deps.db.selectFrom('rate_limits').selectAll().execute();
    expect(rows.map(({ key }) => key.split(':')[0]).sort()).toEqual(['account', 'login_address']);
    expect(JSON.stringify(rows)).not.toMatch(/bob|203\.0\.113/);
  });

  it('counts again from one when the window has ended', async () => {
    const app = await createTestApp();
    const attempts = createAttempts(app.deps);
    const first = await attempts.add('test', 'somebody');
    expect(first).toEqual({ hits: 1, resets_at: testNow + 15 * minuteMs });
    app.clock.now += 14 * minuteMs;
    expect(await attempts.add('test', 'somebody')).toEqual({ ...first, hits: 2 });
    app.clock.now += minuteMs;
    expect(await attempts.add('test', 'somebody')).toEqual({
      hits: 1,
      resets_at: app.clock.now + 15 * minuteMs,
    });
  });
});

describe('the account page', () => {
  const profile = {
    name: 'Robert',
    email: 'robert@example.com',
    locale: 'de',
    time_zone: 'America/New_York',
    week_start: '7',
    duration_format: 'decimal',
    theme: 'dark',
  };
  const stored = (app: TestApp) =>
    app.deps.db.selectFrom('users').selectAll().where('id', '=', app.ids.bob).executeTakeFirstOrThrow();
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp();
  });

  it('turns strangers away', async () => {
    const pages = await app.stranger.get('/account');
    expect(pages.headers['location']).toBe('/login?return_to=%2Faccount');
    for (const path of ['', '/password', '/sessions/1/revoke', '/sessions/revoke-others']) {
      const answer = await app.stranger.post(`/account${path}`, profile);
      expect(answer.headers['location'], path).toBe('/login');
    }
    expect((await stored(app)).name).toBe('Bob');
  });

  it('shows every problem beside its field, keeps what was typed and stores nothing', async () => {
    const bad = {
      name: ' ',
      email: 'nonsense',
      locale: 'xx',
      time_zone: 'Mars/Olympus',
      week_start: '9',
      duration_format: 'x',
      theme: 'pink',
    };
    const answer = await app.as('bob').post('/account', bad);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Please enter an e-mail address like name@example.com.');
    expect(answer.text).toContain('Please choose a time zone from the list.');
    expect(answer.text.match(/Please choose one of the offered values\./g)).toHaveLength(4);
    expect(answer.text).toContain('value="nonsense"');
    expect((await app.as('bob').post('/account')).status).toBe(422);
    expect(await stored(app)).toMatchObject({ name: 'Bob', email: 'bob@example.com' });
  });

  it('refuses the address of somebody else', async () => {
    const answer = await app.as('bob').post('/account', { ...profile, email: 'ALICE@example.com' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Somebody else uses this address.');
    expect((await stored(app)).email).toBe('bob@example.com');
  });

  it('refuses an address that somebody takes between question and answer', async () => {
    const wanted = { ...profile, locale: 'en', email: 'dora@example.com' };
    const answer = await app.deps.db.transaction().execute(async (trx) => {
      await createPerson({ ...app.deps, db: trx }, 'dora', 'member');
      // supertest sends when somebody waits for the answer.
      const begun = app
        .as('bob')
        .post('/account', wanted)
        .then((late) => late);
      await untilBlocked(app);
      return [begun] as const;
    });
    expect((await answer[0]).status).toBe(422);
    expect((await answer[0]).text).toContain('Somebody else uses this address.');
    expect((await stored(app)).email).toBe('bob@example.com');
  });

  it('stores the profile, and the next page is in the new language', async () => {
    const answer = await app.as('bob').post('/account', profile);
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/account');
    expect(await stored(app)).toMatchObject({ ...profile, week_start: 7, email_key: profile.email });
    const page = await app.as('bob').get('/account');
    expect(page.status).toBe(200);
    expect(page.text).toContain('<html lang="de" data-theme="dark">');
    expect(page.text).toContain('Ihr Konto wurde gespeichert.');
    expect(page.text).toContain('<option value="America/New_York" selected>New York</option>');
    expect(events(app, 'account.updated').at(-1)).toMatchObject({ locale: 'de', theme: 'dark' });
  });

  it('changes only the own account', async () => {
    await app.as('charlie').post('/account', { ...profile, name: 'Chuck', email: 'chuck@example.com' });
    expect((await stored(app)).name).not.toBe('Chuck');
  });
});

describe('the password form', () => {
  it('asks the old password, and ends every other session', async () => {
    const app = await createTestApp();
    await givePassword(app, 'bob');
    const elsewhere = await signedInCookie(app, 'bob');
    const change = (current_password: string, new_password: string) =>
      app.as('bob').post('/account/password', { current_password, new_password });

    const wrong = await change('wrong', 'another good password');
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('This is not your current password.');
    const short = await change(password, 'äöü456789');
    expect(short.status).toBe(422);
    expect(short.text).toContain('At least 10 characters.');
    expect(short.text).not.toContain('äöü456789');
    expect(await isSignedIn(app, elsewhere)).toBe(true);

    expect((await change(password, 'another good password')).status).toBe(303);
    expect(await isSignedIn(app, elsewhere)).toBe(false);
    expect(await isSignedIn(app, app.cookies.bob)).toBe(true);
    expect(await isSignedIn(app, app.cookies.alice)).toBe(true);
    expect((await signIn(app, { email: 'bob@example.com', password })).status).toBe(422);
    const renewed = { email: 'bob@example.com', password: 'another good password' };
    expect((await signIn(app, renewed)).status).toBe(303);
    expect(events(app, 'account.password_changed')).toHaveLength(1);
  });

  it('lets nobody guess the old password without limit', async () => {
    const app = await createTestApp({ environment: { LOGIN_ATTEMPTS: '2' } });
    await givePassword(app, 'bob');
    const guess = (current_password: string) =>
      app.as('bob').post('/account/password', { current_password, new_password: 'another good password' });
    expect((await guess('a')).status).toBe(422);
    expect((await guess('b')).status).toBe(422);
    const refused = await guess(password);
    expect(refused.status).toBe(429);
    expect(refused.text).toContain('Too many attempts.');
    await updatePerson(app.deps.db, app.ids.alice, { password_hash: await passwordHash });
    await signedInCookie(app, 'alice');
  });
});

describe('the list of sessions', () => {
  it('names device and times, and marks this one', async () => {
    const app = await createTestApp();
    await givePassword(app, 'bob');
    const own = await signedInCookie(app, 'bob', 'curl/8.0');
    const page = await app.as('bob').get('/account');
    const rows = page.text.split('<li class="list-row">').slice(1);
    expect(rows).toHaveLength(2);
    const seen = await app.stranger.get('/account').set('Cookie', await signedInCookie(app, 'bob'));
    const newest = seen.text.split('<li class="list-row">')[1] ?? '';
    expect(newest).toContain('Firefox on Linux');
    expect(newest).toContain('This device');
    expect(newest).toContain('Wed, Mar 4, 10:00');
    expect(newest).not.toContain('revoke');
    expect(seen.text).toContain('Unknown device');
    expect(await isSignedIn(app, own)).toBe(true);
  });

  it('ends one session at once, and only the own ones', async () => {
    const app = await createTestApp();
    await givePassword(app, 'bob');
    const elsewhere = await signedInCookie(app, 'bob');
    const rows = await app.deps.db
      .selectFrom('sessions')
      .select(['id', 'device'])
      .where('user_id', '=', app.ids.bob)
      .execute();
    const id = rows.find(({ device }) => device === 'Firefox/Linux')?.id ?? 0;
    for (const path of [`${id}`, 'x', '0', '99999999999999999999']) {
      expect((await app.as('charlie').post(`/account/sessions/${path}/revoke`)).status, path).toBe(404);
    }
    expect(await isSignedIn(app, elsewhere)).toBe(true);
    expect((await app.as('bob').post(`/account/sessions/${id}/revoke`)).status).toBe(303);
    expect(await isSignedIn(app, elsewhere)).toBe(false);
    expect(await isSignedIn(app, app.cookies.bob)).toBe(true);
    expect(events(app, 'auth.logout')).toMatchObject([{ user_id: app.ids.bob, reason: 'revoked' }]);
  });

  it('ends all others at once', async () => {
    const app = await createTestApp();
    await givePassword(app, 'bob');
    const others = [await signedInCookie(app, 'bob'), await signedInCookie(app, 'bob')];
    expect((await app.as('bob').post('/account/sessions/revoke-others')).status).toBe(303);
    for (const cookie of others) expect(await isSignedIn(app, cookie)).toBe(false);
    expect(await isSignedIn(app, app.cookies.bob)).toBe(true);
    expect(await isSignedIn(app, app.cookies.alice)).toBe(true);
    expect(events(app, 'auth.logout')).toHaveLength(2);
  });
});

describe('the device of a session', () => {
  it('is browser and system family, and nothing else', () => {
    const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
    const agents: [string, string][] = [
      [firefox, 'Firefox/Linux'],
      [
        `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/141.0.0.0 Safari/537.36 Edg/141.0`,
        'Edge/Windows',
      ],
      [
        `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/18.0 Safari/605.1.15`,
        'Safari/macOS',
      ],
      [
        `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${webkit} CriOS/141 Mobile Safari/604.1`,
        'Chrome/iOS',
      ],
      [
        `Mozilla/5.0 (Linux; Android 15; Pixel 9) ${webkit} Chrome/141.0 Mobile Safari/537.36`,
        'Chrome/Android',
      ],
      [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/141.0 Safari/537.36`, 'Chrome/ChromeOS'],
      ['<script>alert(1)</script>', '/'],
      ['', '/'],
    ];
    for (const [agent, device] of agents) expect(deviceOf(agent), agent).toBe(device);
    expect(deviceOf(undefined)).toBe('/');
  });
});

describe('a password hash', () => {
  it('is argon2id with its parameters and a salt of its own', async () => {
    const [one, two] = [await hashPassword(password), await hashPassword(password)];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword(password, one)).toBe(true);
    expect(await verifyPassword(`${password} `, one)).toBe(false);
    expect(await verifyPassword(password, 'nonsense')).toBe(false);
  });

  it('does not care how a character was composed', async () => {
    expect(await verifyPassword('pa\u0073swo\u0308rter!', await hashPassword('passw\u00f6rter!'))).toBe(true);
  });
});
