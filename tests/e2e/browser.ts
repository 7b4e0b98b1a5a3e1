import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { translatorOf } from '../../src/i18n/translate.ts';
import type { RunningServer } from './server-process.ts';
import { startServer } from './server-process.ts';

const executable = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const isInstalled = existsSync(executable);
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
flags.push('--disable-background-networking', '--disable-component-update');

export const en = translatorOf('en');
export const de = translatorOf('de');
export const admin = { name: 'Alex Morgan', email: 'alex@example.com', password: 'quiet river stone' };

export interface World {
  server: RunningServer;
  browser: Browser;
  /** A page in a context of its own; what goes wrong in it is noted in `problems`. */
  open: (options?: BrowserContextOptions) => Promise<Page>;
  /** Errors of scripts, refused resources and violations of the content security policy. */
  problems: string[];
}

/**
 * A group of tests with a server and a browser of its own; skipped, and it says so, where no browser is.
 *
 * @param environment - makes what the server is to find in its environment.
 */
export function describeInBrowser(
  name: string,
  tests: (world: World) => void,
  environment?: () => Promise<Record<string, string>>,
): void {
  if (!isInstalled) console.warn(`skipped "${name}": no browser at ${executable} (set CHROMIUM_PATH)`);
  describe.skipIf(!isInstalled)(name, () => {
    const world = { problems: [] as string[] } as unknown as World;
    beforeAll(async () => {
      world.server = await startServer(await environment?.());
      world.browser = await chromium.launch({ executablePath: executable, args: flags });
      world.open = (options) => openPage(world, options);
    });
    afterAll(async () => {
      await world.browser.close();
      const errors = world.server.errorLines();
      await world.server.stop();
      const all = [...errors, ...world.problems];
      if (all.length > 0) throw new Error(`went wrong meanwhile:\n${all.join('\n')}`);
    });
    tests(world);
  });
}

const desktop = { width: 1280, height: 800 };

async function openPage(world: World, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await world.browser.newContext({
    ...{ baseURL: world.server.address, viewport: desktop, locale: 'en-US', timezoneId: 'Europe/Berlin' },
    ...{ reducedMotion: 'reduce' as const },
    ...options,
  });
  context.setDefaultTimeout(15_000);
  if (options.javaScriptEnabled !== false) await reportViolations(context);
  const page = await context.newPage();
  page.on('pageerror', (error) => world.problems.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    // A form that is refused answers 422, which the browser calls a failed resource.
    if (/the server responded with a status of (404|422)/.test(message.text())) return;
    world.problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== 'localhost' && protocol !== 'data:') world.problems.push(`asked for ${request.url()}`);
  });
  return page;
}

async function reportViolations(context: BrowserContext): Promise<void> {
  const content = `document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
    console.error('content security policy: ' + violatedDirective + ' ' + blockedURI);
  });`;
  await context.addInitScript({ content });
}

/** The first run, in the browser. */
export async function setUp(page: Page): Promise<void> {
  await page.goto('/');
  await page.getByLabel(en('account.name')).fill(admin.name);
  await page.getByLabel(en('account.email')).fill(admin.email);
  await page.getByLabel(en('account.password'), { exact: true }).fill(admin.password);
  await page.getByLabel(en('setup.alone')).check();
  await page.getByRole('button', { name: en('setup.finish') }).click();
  await page.waitForURL('**/timer');
}

export async function signIn(page: Page, { email, password } = admin): Promise<void> {
  await page.goto('/login');
  await page.getByLabel(en('login.email')).fill(email);
  await page.getByLabel(en('login.password')).fill(password);
  await page.getByRole('button', { name: en('login.submit') }).click();
  await page.waitForURL('**/timer');
}

/** A team with three months of work; gives how its administrator signs in. */
export async function seedTeam(server: RunningServer): Promise<typeof admin> {
  const printed = await server.command('seed-demo', '--entries', '1500');
  const [, email = '', password = ''] = /Sign in as (\S+) with the password (\S+)/.exec(printed) ?? [];
  return { name: admin.name, email, password };
}
