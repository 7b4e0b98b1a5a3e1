import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { de, describeInBrowser, en, setUp } from './browser.ts';

/** /admin/system renews itself while somebody looks, and leaves alone what they do meanwhile. */
describeInBrowser('the figures of the system', (world) => {
  let page: Page;
  const asOf = () => page.locator('#system-live > p').first().textContent();
  const lookedFor = async (milliseconds: number): Promise<number> => {
    const asked: string[] = [];
    const note = (request: { url: () => string }): void => void asked.push(new URL(request.url()).pathname);
    page.on('request', note);
    await page.clock.runFor(milliseconds);
    await page.waitForTimeout(300);
    page.off('request', note);
    return asked.filter((path) => path === '/admin/system/live').length;
  };

  test('change by themselves, and what was opened stays open', async () => {
    page = await world.open();
    await setUp(page);
    await page.clock.install();
    await page.goto('/admin/system');
    await page.getByText(en('system.as_table')).click();
    const before = await asOf();
    await page.waitForTimeout(1100);
    expect(await lookedFor(6_000)).toBeGreaterThan(0);
    await expect.poll(asOf).not.toBe(before);
    expect(await page.locator('#system-hour-table').getAttribute('open')).not.toBeNull();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });

  test('stand still once they are paused, and on any other page', async () => {
    await page.getByRole('link', { name: en('system.paused') }).click();
    await page.waitForURL('**/admin/system?live=off');
    expect(await lookedFor(20_000)).toBe(0);
    await page.getByRole('link', { name: en('system.live'), exact: true }).click();
    await page.waitForURL('**/admin/system');
    expect(await lookedFor(6_000)).toBeGreaterThan(0);
    await page.getByRole('link', { name: en('admin.users') }).click();
    await page.waitForURL('**/admin/users');
    expect(await lookedFor(20_000)).toBe(0);
  });

  test('say that nobody answers, and since when, until somebody does; a session that ended leads to signing in', async () => {
    await page.goto('/admin/system');
    const stale = page.locator('[data-when-stale]');
    const shown = () => stale.isVisible();
    const time = /\d+:\d+:\d+/.exec((await asOf()) ?? '')?.[0] ?? 'no time';
    await page.route('**/admin/system/live', (route) => route.abort());
    expect(await lookedFor(6_000)).toBe(1);
    expect(await shown()).toBe(false);
    await lookedFor(6_000);
    await expect.poll(shown).toBe(true);
    expect(await stale.textContent()).toContain(time);
    expect(await page.locator('[data-when-fresh]:visible').count()).toBe(0);
    await page.unroute('**/admin/system/live');
    await lookedFor(6_000);
    await expect.poll(shown).toBe(false);
    // An answer that is an error is no answer either.
    await page.route('**/admin/system/live', (route) => route.fulfill({ status: 503, body: 'away' }));
    for (let times = 0; times < 3; times += 1) await lookedFor(6_000);
    await expect.poll(shown).toBe(true);
    await page.unroute('**/admin/system/live');
    for (let times = 0; times < 2; times += 1) await lookedFor(6_000);
    await expect.poll(shown).toBe(false);
    // Nor is one that never comes: a server that hangs takes the request.
    let answer = async (): Promise<void> => undefined;
    await page.route('**/admin/system/live', (route) => {
      answer = () => route.continue();
    });
    expect(await lookedFor(6_000)).toBe(1);
    expect(await shown()).toBe(false);
    for (let times = 0; times < 2; times += 1) expect(await lookedFor(6_000)).toBe(0);
    await expect.poll(shown).toBe(true);
    expect(await page.locator('[data-when-fresh]:visible').count()).toBe(0);
    await answer();
    await expect.poll(shown).toBe(false);
    await page.unroute('**/admin/system/live');
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await page.clock.runFor(6_000);
    await page.waitForURL('**/login**');
    await page.context().addCookies(cookies);
    // The browser reports what this test has done to it.
    const ours = /ERR_FAILED|Failed to fetch|status of 503/;
    for (const problem of world.problems.splice(0)) if (!ours.test(problem)) world.problems.push(problem);
  });

  test('show every column of their tables on a small laptop, in both languages', async () => {
    const storageState = await page.context().storageState();
    const laptop = await world.open({ viewport: { width: 1024, height: 768 }, storageState });
    // The longest patterns there are.
    await laptop.request.get('/admin/telemetry/ledger/export.jsonl');
    await laptop.request.post('/tasks/1/comments/1/delete', { headers: { origin: world.server.address } });
    const speak = async (label: string, language: string, save: string): Promise<void> => {
      await laptop.goto('/account');
      await laptop.getByLabel(label).selectOption(language);
      await laptop.getByRole('button', { name: save }).first().click();
      await laptop.waitForURL('**/account');
    };
    const tooWide = async (): Promise<string[]> => {
      const wide: string[] = [];
      for (const width of [1280, 1024]) {
        await laptop.setViewportSize({ width, height: 768 });
        await laptop.goto('/admin/system');
        const found = await laptop.evaluate<string[]>(
          `[...document.querySelectorAll('#system-live .table-wrap')]
            .filter((wrap) => wrap.scrollWidth > wrap.clientWidth)
            .map((wrap) => [wrap.scrollWidth, wrap.clientWidth, wrap.innerText].join(' '))`,
        );
        wide.push(...found.map((table) => `${width}: ${table}`));
      }
      return wide;
    };
    expect(await tooWide()).toEqual([]);
    await speak(en('account.language'), 'de', en('action.save'));
    expect(await tooWide()).toEqual([]);
    expect(await laptop.content()).toContain('/tasks/:id/comments/:comment_id/delete');
    await speak(de('account.language'), 'en', de('action.save'));
    await laptop.context().close();
  });

  test('are there without JavaScript, and fit a phone', async () => {
    const storageState = await page.context().storageState();
    const phone = { viewport: { width: 320, height: 700 }, javaScriptEnabled: false, storageState };
    const plain = await world.open(phone);
    await plain.goto('/admin/system');
    await plain.getByRole('heading', { name: en('system.now') }).waitFor();
    expect(await plain.getByText(en('system.paused')).isVisible()).toBe(false);
    await plain.getByRole('link', { name: en('system.refresh') }).click();
    await plain.getByRole('heading', { name: en('system.endpoints') }).waitFor();
    const width = await plain.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(320);
  });
});
