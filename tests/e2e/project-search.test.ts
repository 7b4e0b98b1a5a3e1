import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, en, setUp } from './browser.ts';

/** More projects than a list has: the last one is found and chosen wherever time is booked, with and without scripts. */
describeInBrowser('searching a project', (world) => {
  let page: Page;
  const last = 'Zoo Plan';
  const row = (text: string) => page.locator('.entry', { hasText: text });

  async function find(list: string): Promise<void> {
    await page.locator(`#${list}-search`).fill('zoo');
    await page.locator(`#${list} > option`, { hasText: last }).waitFor({ state: 'attached' });
    await page.locator(`#${list}`).selectOption({ label: last });
  }

  test('begins with signing in and more projects than a list has', { timeout: 120_000 }, async () => {
    page = await world.open();
    await setUp(page);
    const origin = new URL(page.url()).origin;
    for (const name of [...Array.from({ length: 205 }, (_, index) => `Bulk ${index}`), last])
      await page.request.post('/projects', {
        ...{ form: { name, color: 'blue' }, headers: { origin }, maxRedirects: 0 },
      });
    await page.goto('/timer');
    expect(await page.locator('#timer-project > option').allTextContents()).not.toContain(last);
  });

  test('finds it in the bar, and begins anew once that is booked', async () => {
    await page.locator('#timer-text').fill('By the bar');
    await page.locator('#timer-duration').fill('1h');
    await find('timer-project');
    await page.locator('#timer-text').press('Enter');
    await row('By the bar').getByText(last).waitFor();
    expect(await page.locator('#timer-project-search').inputValue()).toBe('');
    expect(await page.locator('#timer-project').inputValue()).toBe('');
    await page.locator('#timer-text').fill('Right after');
    await page.locator('#timer-duration').fill('1h');
    await page.locator('#timer-text').press('Enter');
    await row('Right after').waitFor();
  });

  test('keeps what was found while another form is answered', async () => {
    await find('timer-project');
    await page.locator('#add-entry > summary').click();
    await page.locator('#add-text').fill('By hand');
    await page.locator('#add-started').fill('9:00');
    await page.locator('#add-duration').fill('1h');
    await find('add-project');
    await page.locator('#add-entry .button-primary').click();
    await row('By hand').getByText(last).waitFor();
    const [chosen] = await page.locator('#timer-project > option:checked').allTextContents();
    expect(chosen).toBe(last);
    await page.locator('#timer-text').fill('Still chosen');
    await page.locator('#timer-duration').fill('1h');
    await page.locator('#timer-text').press('Enter');
    await row('Still chosen').getByText(last).waitFor();
  });

  test('finds it in the place of an entry, and for many at once', async () => {
    await row('Right after').locator('.entry-text').click();
    const id = (await page.locator('form[data-editing]').getAttribute('data-editing')) ?? '';
    await find(`edit-${id}-project`);
    await page.locator(`form[data-editing] .button-primary`).click();
    await row('Right after').getByText(last).waitFor();
    await page.goto(`/entries/bulk?id=${id}`);
    await find('bulk-project');
    expect(await page.locator('#bulk-project-more').textContent()).toBe(
      en('choice.all_found', { options: 1 }),
    );
  });

  test('needs no scripts', async () => {
    const storageState = await page.context().storageState();
    page = await world.open({ javaScriptEnabled: false, storageState });
    await page.goto('/timer');
    await page.locator('#timer-text').fill('Without scripts');
    await page.locator('#timer-project-search').fill('zoo');
    await page.getByRole('button', { name: en('timer.start'), exact: true }).click();
    await page.getByText(en('choice.found')).waitFor();
    expect(await page.locator('#timer-text').inputValue()).toBe('Without scripts');
    await page.locator('#timer-project').selectOption({ label: last });
    await page.getByRole('button', { name: en('timer.start'), exact: true }).click();
    await page.locator('.timer-sub', { hasText: last }).waitFor();
  });
});
