import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import type { Destination } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';
import { admin, describeInBrowser, en, signIn } from './browser.ts';

let internet: Destination;

/** What leaves, from the first run on: asked, switched, held, looked at. The tests are one story and run in order. */
describeInBrowser(
  'what leaves the server',
  (world) => {
    let page: Page;
    afterAll(() => internet.close());
    const settled = () => page.waitForTimeout(1_500);
    const mode = (name: 'off' | 'review' | 'auto') =>
      page.getByRole('button', { name: en(`telemetry.mode.${name}`), exact: true });
    /** Events that arrived, by name. */
    const arrived = () =>
      internet.requests.flatMap(({ body }) => {
        const { batch = [] } = JSON.parse(body.toString('utf8')) as { batch?: { event: string }[] };
        return batch.map(({ event }) => event);
      });

    test('the first run asks, and nothing leaves before it is answered', async () => {
      page = await world.open();
      await page.goto('/setup');
      await page.getByLabel(en('account.name')).fill(admin.name);
      await page.getByLabel(en('account.email')).fill(admin.email);
      await page.getByLabel(en('account.password'), { exact: true }).fill(admin.password);
      await page.getByText(en('setup.leaves_exactly')).first().click();
      await page.getByText('distinct_id').first().waitFor();
      expect(await violations(page)).toEqual([]);
      const switches = page.getByRole('checkbox');
      expect(await switches.count()).toBe(2);
      await switches.first().uncheck();
      expect(internet.connections()).toBe(0);
      await page.getByRole('button', { name: en('setup.finish') }).click();
      await page.waitForURL('**/timer');
      await settled();
      expect(internet.connections()).toBe(0);
    });

    test('one click lets events go, one click stops them', async () => {
      await page.goto('/admin/telemetry/analytics');
      await page.getByText(en('telemetry.reason.switched_off')).waitFor();
      await mode('auto').click();
      await page.getByText(en('telemetry.reason.on_by_choice')).waitFor();
      await page.goto('/reports/summary');
      await internet.until(1);
      await settled();
      expect(arrived()).toContain('report.viewed');
      await page.goto('/admin/telemetry/analytics');
      await mode('off').click();
      await page.getByText(en('telemetry.reason.switched_off')).waitFor();
      const before = internet.bytes().length;
      for (const path of ['/timer', '/projects', '/reports/summary']) await page.goto(path);
      await settled();
      expect(internet.bytes().length).toBe(before);
    });

    test('held payloads are released one by one, also without JavaScript', async () => {
      const plain = await world.open({ javaScriptEnabled: false });
      await signIn(plain);
      await plain.goto('/admin/telemetry/analytics');
      await plain.getByRole('button', { name: en('telemetry.mode.review') }).click();
      await plain.getByText(en('telemetry.reason.review_by_choice')).waitFor();
      await plain.goto('/projects');
      await plain.goto('/admin/telemetry/analytics');
      const before = internet.requests.length;
      const payload = plain.locator('#waiting ~ .list li', { hasText: 'page.viewed' }).first();
      await payload.locator('summary').click();
      await payload.getByText('distinct_id').waitFor();
      await settled();
      expect(internet.requests.length).toBe(before);
      await payload.getByRole('button').first().click();
      await plain.getByText(en('telemetry.released', { count: 1 })).waitFor();
      await internet.until(before + 1);
      await plain.getByRole('button', { name: en('telemetry.discard_all') }).click();
      // What the page showed is gone; what this very look at it queued may wait by now.
      await plain.getByText(/\d+ payloads? discarded\./).waitFor();
      expect(internet.requests.length).toBe(before + 1);
      await plain.context().close();
    });

    test('the test button says what came back', async () => {
      await page.goto('/admin/telemetry');
      const button = page.getByRole('button', {
        name: en('telemetry.test_named', { channel: en('telemetry.channel.analytics') }),
      });
      await button.focus();
      await page.keyboard.press('Enter');
      await page
        .getByText(en('telemetry.test_done', { host: internet.host, status: 200 }))
        .first()
        .waitFor();
    });

    test('every page about it fits a phone, and axe finds nothing', { timeout: 180_000 }, async () => {
      await page.goto('/reports/summary');
      await page.goto('/admin/telemetry/ledger');
      const record = (await page.locator('main table a').first().getAttribute('href')) ?? '';
      const parts = ['', '/analytics', '/installation', '/ledger', '/ledger/check', '/events'];
      const found: string[] = [];
      for (const path of ['/privacy', record, ...parts.map((part) => `/admin/telemetry${part}`)]) {
        await page.goto(path);
        for (const summary of await page.locator('main details > summary').all()) await summary.click();
        for (const colorScheme of ['light', 'dark'] as const) {
          // Colours that are still on their way from one scheme to the other are neither's.
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await page.waitForTimeout(300);
          found.push(...(await violations(page)));
        }
        for (const width of [390, 320]) {
          await page.setViewportSize({ width, height: 844 });
          const tooWide = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
          if (tooWide > 0) found.push(`${path} is ${tooWide} pixels wider than ${width}`);
        }
        await page.setViewportSize({ width: 1280, height: 800 });
      }
      expect(found).toEqual([]);
    });

    test('a person takes their leave from it', async () => {
      await page.goto('/privacy');
      await page.getByLabel(en('privacy.choice.out')).check();
      await page.getByRole('button', { name: en('action.save') }).click();
      await page.getByText(en('telemetry.reason.person_opted_out')).waitFor();
      await page.goto('/admin/telemetry/analytics');
      await mode('auto').click();
      await page.getByText(en('telemetry.reason.on_by_choice')).waitFor();
      await settled();
      const before = internet.requests.length;
      for (const path of ['/timer', '/projects']) await page.goto(path);
      await settled();
      expect(internet.requests.length).toBe(before);
    });
  },
  async () => {
    internet = await openDestination();
    return { POSTHOG_API_KEY: 'phc_key_of_a_test', POSTHOG_HOST: internet.url };
  },
);

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  const { pathname } = new URL(page.url());
  return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${pathname} ${id} ${target.join(' ')}`));
}
