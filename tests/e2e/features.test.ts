import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, en, setUp } from './browser.ts';

/** Features that were switched off are gone from the pages, not just refused by the server. */
describeInBrowser('a feature that is switched off', (world) => {
  let page: Page;

  test('is switched on the page of features', async () => {
    page = await world.open();
    await setUp(page);
    await page.goto('/admin/features');
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.getByLabel(en('flag.suggestions.label')).uncheck();
    await page.getByLabel(en('flag.idle_question.label')).uncheck();
    await page.getByRole('button', { name: en('action.save') }).click();
    await page.getByText(en('flag.saved', { count: 2 })).waitFor();
    expect(await page.getByLabel(en('flag.suggestions.label')).isChecked()).toBe(false);
  });

  test('leaves the field of the timer an ordinary one', async () => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.goto('/timer');
    expect(await page.locator('#timer-text').getAttribute('role')).toBeNull();
    await page.locator('#timer-text').pressSequentially('@Web');
    await page.locator('#timer-text').fill('walk');
    await page.keyboard.press('Enter');
    await page.locator('[data-running]').waitFor();
    expect(asked).not.toContain('/timer/suggestions');
  });

  test('does not ask about time that nobody was there', async () => {
    const state = await page.context().storageState();
    await page.context().close();
    page = await world.open({ storageState: state });
    await page.clock.install();
    await page.goto('/timer');
    await page.locator('[data-running]').waitFor();
    await page.mouse.move(10, 10);
    await page.clock.fastForward('03:00:00');
    expect(await page.locator('dialog[open]').count()).toBe(0);
  });
});
