import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, en, setUp, signIn } from './browser.ts';

/** Several entries at once. The tests are one story and run in order. */
describeInBrowser('selecting entries', (world) => {
  let page: Page;
  const rows = () => page.locator('li.entry:not(.is-running)');
  const box = (index: number) => rows().nth(index).locator('.select-box');
  const counted = () => page.locator('#bulk-count').textContent();
  const go = () => page.locator('#bulk .button-primary');
  const ticked = () => page.locator('li.entry .select-box:checked').count();

  async function book(text: string, duration: string): Promise<void> {
    await page.locator('#timer-text').fill(text);
    await page.locator('#timer-duration').fill(duration);
    await page.keyboard.press('Enter');
    await page.locator('li.entry', { hasText: text }).first().waitFor();
  }

  test('one makes a project with a task, and some time', async () => {
    page = await world.open();
    await setUp(page);
    await page.goto('/projects/new');
    await page.locator('#f-name').fill('Website');
    await page.locator('main form .button-primary').click();
    await page.waitForURL((url) => url.pathname !== '/projects/new');
    await page.goto('/tasks/new');
    await page.locator('#f-name').fill('Design');
    await page.locator('[name="project_id"]').last().selectOption({ label: 'Website' });
    await page.locator('main form .button-primary').click();
    await page.waitForURL((url) => url.pathname !== '/tasks/new');
    await page.goto('/timer');
    for (const [index, duration] of ['10m', '20m', '30m', '40m'].entries())
      await book(`work ${index}`, duration);
  });

  test('boxes, a range with the shift key, the day, the page: how many they are and how long', async () => {
    expect(await page.locator('.select-box').count()).toBe(0);
    await page.locator('#select-entries').click();
    await page.locator('#bulk').waitFor();
    // Its script is fetched with the first box.
    await page.locator('#bulk .button-primary:disabled').waitFor();
    await box(0).click();
    await box(2).click({ modifiers: ['Shift'] });
    expect(await ticked()).toBe(3);
    expect(await counted()).toMatch(/^3 selected, 1:/);
    await page.locator('[data-select-day]').first().click();
    expect(await ticked()).toBe(4);
    await page.locator('#bulk-page').click();
    expect(await ticked()).toBe(0);
    await page.locator('#bulk-page').click();
    expect(await counted()).toBe('4 selected, 1:40:00');
    await page.locator('#bulk-none').click();
    expect(await counted()).toBe('0 selected, 0:00:00');
  });

  test('the keyboard: arrows go, with shift they select, Escape selects nothing', async () => {
    await box(0).focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+ArrowDown');
    expect(await ticked()).toBe(2);
    await page.keyboard.press('ArrowDown');
    expect(await ticked()).toBe(2);
    expect(await page.locator('li.entry .select-box:focus').count()).toBe(1);
    await page.keyboard.press('Escape');
    expect(await ticked()).toBe(0);
  });

  test('what is selected survives something else that is done on the page', async () => {
    await box(1).click();
    await rows().nth(0).locator('.entry-text').click();
    await page.locator('.is-editing form').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.is-editing').waitFor({ state: 'detached' });
    expect(await ticked()).toBe(1);
    await rows().nth(3).locator('.mask-more').click();
    await page.locator('#row-menu [data-do="duplicate"]').click();
    await page.getByText(en('entry.duplicated')).waitFor();
    expect(await ticked()).toBe(1);
    expect(await counted()).toMatch(/^1 selected/);
    await page.locator('#bulk-none').click();
  });

  test('changes them: the task follows the chosen project, and undo brings them back', async () => {
    await box(0).click();
    await box(1).click();
    await go().click();
    await page.getByRole('heading', { level: 1, name: en('bulk.title', { count: 2 }) }).waitFor();
    await page.locator('#bulk-project').selectOption({ label: 'Website' });
    await page.locator('#bulk-task option', { hasText: 'Design' }).waitFor({ state: 'attached' });
    await page.locator('#bulk-task').selectOption({ label: 'Design' });
    await page.locator('#bulk-text').fill('#together');
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await page.getByRole('button', { name: en('bulk.change', { count: 2 }) }).click();
    await page.locator('.toast', { hasText: '2 entries changed' }).waitFor();
    expect(await page.locator('li.entry .entry-task', { hasText: 'Design' }).count()).toBe(2);
    expect(await page.locator('li.entry .tag', { hasText: 'together' }).count()).toBe(2);
    expect(new URL(page.url()).search).toBe('?select=1');
    await page.getByRole('button', { name: en('action.undo') }).click();
    await page.locator('.toast', { hasText: '2 entries put back as before.' }).waitFor();
    expect(await page.locator('li.entry .entry-task').count()).toBe(0);
  });

  test('a mistake is told beside the field; deleting offers to undo', async () => {
    await box(0).click();
    await go().click();
    await page.locator('#bulk-text').fill('@Nowhere');
    await page.keyboard.press('Enter');
    await page.locator('#bulk-text[aria-invalid="true"]').waitFor();
    expect(await page.locator('#bulk-text').inputValue()).toBe('@Nowhere');
    await page.getByRole('button', { name: en('bulk.delete', { count: 1 }) }).click();
    await page.locator('.toast', { hasText: '1 entry deleted' }).waitFor();
    expect(await rows().count()).toBe(4);
    await page
      .getByRole('button', { name: en('action.undo') })
      .last()
      .click();
    await page.locator('.toast', { hasText: '1 entry put back as before.' }).waitFor();
    expect(await rows().count()).toBe(5);
  });

  test('a timer is started with the task of its project, and of earlier work', async () => {
    await page.goto('/timer');
    await page.locator('#timer-project').selectOption({ label: 'Website' });
    await page.locator('#timer-task option', { hasText: 'Design' }).waitFor({ state: 'attached' });
    await page.locator('#timer-task').selectOption({ label: 'Design' });
    await page.locator('#timer-text').fill('with a task');
    await page.keyboard.press('Enter');
    await page.locator('.timer-sub .entry-task', { hasText: 'Design' }).waitFor();
    await page.waitForTimeout(1_100);
    await page.locator('#timer-stop .button').click();
    await page.locator('#timer-project').waitFor();
    await page.locator('#timer-text').pressSequentially('with a');
    await page.locator('.suggestions .entry-task', { hasText: 'Design' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.locator('.timer-sub .entry-task', { hasText: 'Design' }).waitFor();
    await page.locator('#timer-now > summary').click();
    expect(await page.locator('#running-task option:checked').textContent()).toBe('Design');
    await page.keyboard.press('Escape');
  });

  test('one that crosses midnight is marked, and split there with one click', async () => {
    await page.locator('#timer-stop .button').click();
    await page.locator('#add-entry > summary').click();
    await page.locator('#add-text').fill('over night');
    // Both days are of this week or the last, whatever day it is.
    const day = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
    await page.locator('#add-date').fill(day);
    await page.locator('#add-started').fill('23:00');
    await page.locator('#add-duration').fill('2h');
    await page.locator('#add-entry .button-primary').click();
    await page.locator('.split-mark').click();
    await page.locator('.toast', { hasText: en('entry.split_done', { count: 2 }) }).waitFor();
    expect(await page.locator('.split-mark').count()).toBe(0);
    expect(await page.locator('li.entry', { hasText: 'over night' }).count()).toBe(2);
  });

  test('on a phone, in the list of entries', async () => {
    const phone = await world.open({ viewport: { width: 390, height: 844 } });
    await signIn(phone);
    await phone.goto('/entries');
    await phone.locator('tbody .select-box').first().click();
    await phone.locator('#bulk .button-primary').click();
    await phone.getByRole('heading', { level: 1, name: en('bulk.title', { count: 1 }) }).waitFor();
    expect(await phone.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await phone.context().close();
  });

  test('without JavaScript', async () => {
    const plain = await world.open({ javaScriptEnabled: false });
    await signIn(plain);
    await plain.locator('#select-entries').click();
    await plain.locator('li.entry .select-box').nth(0).check();
    await plain.locator('li.entry .select-box').nth(1).check();
    await plain.locator('#bulk .button-primary').click();
    await plain.locator('#bulk-text').fill('plainly');
    await plain.getByRole('button', { name: en('bulk.change', { count: 2 }) }).click();
    await plain.waitForURL('**/timer?select=1');
    expect(await plain.locator('li.entry', { hasText: 'plainly' }).count()).toBe(2);
    await plain.locator('#bulk .button-primary').click();
    await plain.getByText(en('bulk.none_selected')).waitFor();
    await plain.context().close();
  });
});
