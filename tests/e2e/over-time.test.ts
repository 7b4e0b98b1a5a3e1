import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, en, setUp } from './browser.ts';

/** Pages that are left open. The browser stands in another zone than its person, and its clock is set forward. */
describeInBrowser('a page left open', (world) => {
  let page: Page;

  test('asks what to do with time that nobody was there, in the person’s zone', async () => {
    page = await world.open();
    await setUp(page);
    const state = await page.context().storageState();
    await page.context().close();
    page = await world.open({ storageState: state, timezoneId: 'Asia/Tokyo' });
    await page.clock.install();
    await page.goto('/timer');
    await page.locator('#timer-text').fill('gone for a walk');
    await page.keyboard.press('Enter');
    await page.locator('[data-running]').waitFor();
    await page.locator('nav a[href="/projects"]').first().click();
    await page.waitForURL('**/projects');
    await page.clock.fastForward('03:00:00');
    const dialog = page.locator('dialog#idle[open]');
    await dialog.waitFor();
    const since = Number(await dialog.locator('[name="stopped_at"]').inputValue());
    expect(await dialog.locator('[data-idle-text]').textContent()).toContain(clockIn('Europe/Berlin', since));
    expect(await dialog.locator('[name="return_to"]').inputValue()).toBe('/projects');
    await dialog.getByRole('button', { name: en('idle.keep') }).click();
  });

  test('is brought up to date after the person’s midnight', async () => {
    const asked = page.waitForRequest((request) => new URL(request.url()).pathname === '/projects');
    await page.clock.fastForward('24:00:00');
    await page.locator('dialog#idle[open] [data-close]').click();
    await page.clock.fastForward('00:30');
    expect((await asked).method()).toBe('GET');
  });
});

const clockIn = (timeZone: string, ms: number): string =>
  new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone }).format(
    ms,
  );
