import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, en, setUp } from './browser.ts';

/** A person's first day, from the empty server on. The tests are one story and run in order. */
describeInBrowser('the first day', (world) => {
  let page: Page;

  const row = (text: string) => page.locator('.entry', { hasText: text });
  const running = () => page.locator('[data-running]');
  const startButton = () => page.getByRole('button', { name: en('timer.start'), exact: true });
  const start = async (text: string) => {
    await page.locator('#timer-text').fill(text);
    await page.keyboard.press('Enter');
  };

  test('an empty server is set up on one page, and the clock is there', async () => {
    page = await world.open();
    await setUp(page);
    await startButton().waitFor();
    expect(await page.locator('.entry').count()).toBe(0);
    expect(await page.getByText(en('timer.empty_title')).isVisible()).toBe(true);
  });

  test('typing and Enter start the clock, which counts in the page and in the tab', async () => {
    await start('write the offer');
    await running().waitFor();
    await row('write the offer').waitFor();
    const clock = page.locator('.timer-clock');
    await expect.poll(() => clock.textContent(), { timeout: 15_000 }).toMatch(/^0:00:0[2-9]$/);
    expect(await page.title()).toMatch(/^0:00:\d\d · /);
    expect(await page.locator('#timer-text').inputValue()).toBe('');
  });

  test('starting the next thing stops the last', async () => {
    await start('call the printer');
    await page.locator('.timer-what', { hasText: 'call the printer' }).waitFor();
    expect(await page.locator('.entry.is-running').count()).toBe(1);
    expect(await row('write the offer').getAttribute('class')).not.toContain('is-running');
  });

  test('the running timer’s text and start can be changed', async () => {
    await page.locator('#timer-now > summary').click();
    await page.locator('#running-text').fill('call the printer again');
    await page
      .locator('#timer-now')
      .getByRole('button', { name: en('action.save') })
      .click();
    await page.locator('.timer-what', { hasText: 'call the printer again' }).waitFor();
    expect(await page.locator('.entry.is-running').count()).toBe(1);
  });

  test('stopping leaves an entry and an empty bar', async () => {
    await page
      .getByRole('button', { name: en('timer.stop'), exact: true })
      .first()
      .click();
    await startButton().waitFor();
    expect(await running().count()).toBe(0);
    expect(await page.locator('.entry').count()).toBe(2);
    expect(await page.title()).not.toMatch(/^\d/);
  });

  test('a duration books time that is done, and says before how it was understood', async () => {
    await page.locator('#timer-text').fill('yesterday’s minutes');
    await page.locator('#timer-duration').fill('1h 30');
    await page.locator('#timer-duration-echo', { hasText: '1 hour, 30 minutes' }).waitFor();
    await startButton().click();
    await row('yesterday’s minutes').waitFor();
    expect(await row('yesterday’s minutes').locator('.entry-duration').textContent()).toContain('1:30');
    expect(await running().count()).toBe(0);
  });

  test('an entry is edited in its place', async () => {
    await row('write the offer').locator('.entry-text').click();
    const form = page.locator('.entry.is-editing');
    await form.getByLabel(en('timer.text')).fill('write the big offer');
    await form.getByLabel(en('timer.date')).fill(dateDaysAgo(0));
    await form.getByLabel(en('timer.started_time'), { exact: true }).fill('0:00');
    await form.getByLabel(en('timer.duration'), { exact: true }).fill('0:02');
    await form.getByRole('button', { name: en('action.save') }).click();
    await row('write the big offer').waitFor();
    expect(await row('write the big offer').locator('.entry-duration').textContent()).toMatch(/^0:02/);
    expect(new URL(page.url()).pathname).toBe('/timer');
  });

  test('a wrong form says so beside the field and keeps what was typed', async () => {
    await row('write the big offer').locator('.entry-text').click();
    const form = page.locator('.entry.is-editing');
    await form.getByLabel(en('timer.started_time'), { exact: true }).fill('25:99');
    await form.getByRole('button', { name: en('action.save') }).click();
    const field = page.locator('.is-editing [aria-invalid="true"]').first();
    await field.waitFor();
    expect(await field.inputValue()).toBe('25:99');
    await page.getByRole('link', { name: en('action.cancel') }).click();
    await row('write the big offer').waitFor();
  });

  test('time of another day is added by hand, with a project made on the way', async () => {
    await page.goto('/projects/new');
    await page.getByLabel(en('projects.name')).fill('Website');
    await page
      .getByRole('button', { name: en('action.save') })
      .or(page.locator('main form .button-primary'))
      .first()
      .click();
    await page.goto('/timer');
    await page.getByText(en('timer.add_by_hand')).click();
    const form = page.locator('#add-entry');
    await form.getByLabel(en('timer.text')).fill('fix the footer @Website #urgent');
    await form.getByLabel(en('timer.date')).fill(dateDaysAgo(3));
    await form.getByLabel(en('timer.started_time'), { exact: true }).fill('9:15');
    await form.getByLabel(en('timer.ended_time'), { exact: true }).fill('11:45');
    await page.locator('#add-duration-echo', { hasText: '2 hours, 30 minutes' }).waitFor();
    await form.getByRole('button', { name: en('timer.add') }).click();
    const added = row('fix the footer');
    await added.waitFor();
    expect(await added.locator('.entry-duration').textContent()).toMatch(/^2:30/);
    expect(await added.locator('.project').textContent()).toContain('Website');
    expect(await added.locator('.tag').textContent()).toBe('urgent');
  });

  test('totals are the sum of their rows, in the list, in the report and in the file', async () => {
    const rows = await secondsOf(page, '.entry .entry-duration');
    const days = await secondsOf(page, '.day-total');
    const weeks = await secondsOf(page, '.week-total');
    expect(sum(days)).toBe(sum(rows));
    expect(sum(weeks)).toBe(sum(rows));
    const range = `from=${dateDaysAgo(10)}&to=${dateDaysAgo(0)}`;
    const csv = await (await page.request.get(`/reports/export.csv?${range}`)).text();
    const [header = '', ...lines] = csv.replace('\uFEFF', '').trim().split('\r\n');
    const column = header.split(',').indexOf(en('csv.duration'));
    const file = lines.map((line) => secondsIn(line.split(',')[column] ?? ''));
    expect(sum(file)).toBe(sum(rows));
    await page.goto(`/reports/summary?${range}`);
    const report = await secondsOf(page, 'main .tile dd:not(.tile-note)');
    expect(report[0]).toBe(sum(rows));
    await page.goto('/timer');
  });

  test('deleting asks nothing, and undo brings the entry back as it was', async () => {
    const before = await row('fix the footer').innerText();
    await row('fix the footer').locator('.mask-more').click();
    await page
      .locator('#row-menu')
      .getByRole('button', { name: en('action.delete') })
      .click();
    await row('fix the footer').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: en('action.undo') }).click();
    await row('fix the footer').waitFor();
    expect(await row('fix the footer').innerText()).toBe(before);
  });

  test('yesterday’s work goes on with one click', async () => {
    await row('fix the footer').locator('.mask-play').click();
    await page.locator('.timer-what', { hasText: 'fix the footer' }).waitFor();
    expect(await row('fix the footer').count()).toBe(2);
  });

  test('a second tab shows what the first one did', async () => {
    const other = await page.context().newPage();
    await other.goto('/timer');
    await other.locator('.timer-what', { hasText: 'fix the footer' }).waitFor();
    await other
      .getByRole('button', { name: en('timer.stop'), exact: true })
      .first()
      .click();
    await other.locator('[data-running]').waitFor({ state: 'detached' });
    await page.bringToFront();
    await running().waitFor({ state: 'detached' });
    await other.close();
    await start('after the second tab');
    await row('after the second tab').waitFor();
  });

  test('a discarded timer comes back running', async () => {
    await page.locator('#timer-now > summary').click();
    await page.getByRole('button', { name: en('timer.discard') }).click();
    await running().waitFor({ state: 'detached' });
    await page.getByRole('button', { name: en('action.undo') }).click();
    await page.locator('.timer-what', { hasText: 'after the second tab' }).waitFor();
  });

  test('signing out ends it, and the same page asks to sign in', async () => {
    await page.locator('.person-menu > summary').click();
    await page.getByRole('button', { name: en('nav.sign_out') }).click();
    await page.waitForURL('**/login');
    await page.goto('/timer');
    expect(new URL(page.url()).pathname).toBe('/login');
  });
});

/** Seconds of a text that holds a duration such as 1:30 or 1:30:05. */
function secondsIn(text: string): number {
  const [, hours, minutes, seconds] = /(\d+):(\d\d)(?::(\d\d))?/.exec(text) ?? [];
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Durations that a page shows, in seconds. */
async function secondsOf(page: Page, selector: string): Promise<number[]> {
  const texts = await page.locator(selector).allTextContents();
  return texts.filter((text) => /\d:\d/.test(text)).map(secondsIn);
}

/** The browser and the person are in Berlin. */
const dateDaysAgo = (days: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Berlin' }).format(Date.now() - days * 86_400_000);
