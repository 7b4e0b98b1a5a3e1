import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { admin, describeInBrowser, en, setUp, signIn } from './browser.ts';

/** The core loop in a browser that runs no scripts. The tests are one story and run in order. */
describeInBrowser('without JavaScript', (world) => {
  let page: Page;
  const row = (text: string) => page.locator('.entry', { hasText: text });

  test('a server is set up and signed in to', async () => {
    page = await world.open({ javaScriptEnabled: false });
    await setUp(page);
    await page.locator('.person-menu > summary').click();
    await page.getByRole('button', { name: en('nav.sign_out') }).click();
    await page.waitForURL('**/login');
    await signIn(page);
    expect(await page.locator('.person-name').textContent()).toBe(admin.name);
  });

  test('a timer is started, switched and stopped', async () => {
    await page.locator('#timer-text').fill('first thing');
    await page.keyboard.press('Enter');
    await page.locator('.timer-what', { hasText: 'first thing' }).waitFor();
    await page.waitForTimeout(1_500);
    await page.locator('#timer-text').fill('second thing');
    await page.keyboard.press('Enter');
    await page.locator('.timer-what', { hasText: 'second thing' }).waitFor();
    expect(await page.locator('.entry.is-running').count()).toBe(1);
    await page
      .getByRole('button', { name: en('timer.stop'), exact: true })
      .first()
      .click();
    await page.getByRole('button', { name: en('timer.start'), exact: true }).waitFor();
    expect(await row('first thing').count()).toBe(1);
  });

  test('an entry is edited on its page, and a wrong form is told beside the field', async () => {
    await row('first thing').locator('.entry-text').click();
    await page.getByLabel(en('timer.duration'), { exact: true }).fill('soon');
    await page.getByRole('button', { name: en('action.save') }).click();
    const field = page.getByLabel(en('timer.duration'), { exact: true });
    expect(await field.getAttribute('aria-invalid')).toBe('true');
    expect(await field.inputValue()).toBe('soon');
    await page.getByLabel(en('timer.ended_time'), { exact: true }).fill('');
    await field.fill('45m');
    await page.getByRole('button', { name: en('action.save') }).click();
    await page.waitForURL('**/timer');
    expect(await row('first thing').locator('.entry-duration').textContent()).toMatch(/^0:45/);
  });

  test('an entry is duplicated and deleted on its page, and undo brings it back', async () => {
    await row('first thing').locator('.mask-more').click();
    await page.getByRole('button', { name: en('timer.duplicate') }).click();
    await page.waitForURL('**/timer');
    expect(await row('first thing').count()).toBe(2);
    await row('first thing').first().locator('.mask-more').click();
    await page.getByRole('button', { name: en('action.delete') }).click();
    await page.waitForURL('**/timer');
    expect(await row('first thing').count()).toBe(1);
    await page.getByRole('button', { name: en('action.undo') }).click();
    expect(await row('first thing').count()).toBe(2);
  });

  test('time is added by hand and gone on with', async () => {
    await page.getByText(en('timer.add_by_hand')).click();
    const form = page.locator('#add-entry');
    await form.getByLabel(en('timer.text')).fill('by hand');
    await form.getByLabel(en('timer.duration'), { exact: true }).fill('0:30');
    await form.getByRole('button', { name: en('timer.add') }).click();
    await row('by hand').locator('.mask-play').click();
    await page.locator('.timer-what', { hasText: 'by hand' }).waitFor();
    await page
      .getByRole('button', { name: en('timer.stop'), exact: true })
      .first()
      .click();
  });

  test('a project is made, and the report is filtered by it', async () => {
    await page.goto('/projects/new');
    await page.getByLabel(en('projects.name')).fill('Garden');
    await page.locator('main form .button-primary').first().click();
    await page.goto('/timer');
    await page.locator('#timer-text').fill('dig @Garden');
    await page.locator('#timer-duration').fill('2h');
    await page.keyboard.press('Enter');
    await row('dig').waitFor();
    await page.getByRole('link', { name: en('nav.reports') }).click();
    await page.locator('main .filter-bar').waitFor();
    await page.locator('main .filter-bar [name="project_id"]').selectOption({ label: 'Garden' });
    await page
      .locator('main .filter-bar')
      .getByRole('button', { name: en('action.apply') })
      .click();
    await page.waitForURL(/project_id=\d/);
    expect(await page.locator('main .tile dd').first().textContent()).toMatch(/^2:00/);
  });
});
