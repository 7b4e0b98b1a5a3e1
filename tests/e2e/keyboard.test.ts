import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, en } from './browser.ts';

/** The core loop without a mouse. The tests are one story and run in order. */
describeInBrowser('the keyboard alone', (world) => {
  let page: Page;
  const press = (key: string) => page.keyboard.press(key);
  const type = (text: string) => page.keyboard.type(text);
  const focused = () => page.locator(':focus');
  const row = (text: string) => page.locator('.entry', { hasText: text });

  /** Tab until the focus is on what is meant; a trap or a missing stop fails here. */
  async function tabTo(selector: string, key = 'Tab'): Promise<void> {
    for (let steps = 0; steps < 80; steps += 1) {
      if ((await page.locator(`:is(${selector}):focus`).count()) > 0) return;
      await press(key);
    }
    throw new Error(`the keyboard does not reach ${selector}`);
  }

  test('fills in the first run from top to bottom', async () => {
    page = await world.open();
    await page.goto('/');
    await tabTo('[name="name"]');
    await type('Kim Lee');
    await press('Tab');
    await type('kim@example.com');
    await press('Tab');
    await type('quiet river stone');
    await tabTo('[name="used_by"]');
    await press('Space');
    await tabTo('form .button-primary');
    await press('Enter');
    await page.waitForURL('**/timer');
  });

  test('n goes to the timer, Enter starts, s stops', async () => {
    await press('n');
    expect(await focused().getAttribute('id')).toBe('timer-text');
    await type('write by hand');
    await press('Enter');
    await page.locator('.timer-what', { hasText: 'write by hand' }).waitFor();
    await press('Escape');
    await page.waitForTimeout(1_200);
    await leaveField();
    await press('s');
    await page.getByRole('button', { name: en('timer.start'), exact: true }).waitFor();
    await row('write by hand').waitFor();
  });

  /** Letters are shortcuts only outside of fields. */
  async function leaveField(): Promise<void> {
    await tabTo('button, a');
  }

  test('letters in a field are text and no shortcuts', async () => {
    await press('n');
    await type('sns?');
    expect(await page.locator('#timer-text').inputValue()).toBe('sns?');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    await page.locator('#timer-text').fill('');
  });

  test('? shows the sheet, Escape closes it and the focus is back', async () => {
    await leaveField();
    await press('?');
    await page.locator('dialog#keys[open]').waitFor();
    await press('Escape');
    await page.locator('dialog#keys[open]').waitFor({ state: 'detached' });
    expect(await focused().count()).toBe(1);
  });

  test('single keys can be switched off, and the menu still leads to the switch', async () => {
    await press('?');
    await page.locator('dialog#keys[open]').waitFor();
    await tabTo('#keys-on');
    await press('Space');
    expect(await page.locator('#keys-state').textContent()).toBe(en('keys.are_off'));
    await press('Escape');
    await page.reload();
    await leaveField();
    for (const key of ['n', '/', '?']) await press(key);
    expect(await page.locator('dialog[open], #timer-text:focus').count()).toBe(0);
    await tabTo('.person-menu > summary');
    await press('Enter');
    await tabTo('[data-dialog="keys"]');
    await press('Enter');
    await page.locator('dialog#keys[open]').waitFor();
    await tabTo('#keys-on');
    expect(await page.locator('#keys-on').isChecked()).toBe(false);
    await press('Space');
    await press('Escape');
    await leaveField();
  });

  test('the suggestions are walked with the arrows and taken with Enter', async () => {
    await press('n');
    await type('wri');
    await page.locator('[role="option"]').first().waitFor();
    await press('ArrowDown');
    const chosen = page.locator('[role="option"][aria-selected="true"]');
    expect(await chosen.count()).toBe(1);
    expect(await page.locator('#timer-text').getAttribute('aria-activedescendant')).toBe(
      await chosen.getAttribute('id'),
    );
    await press('Enter');
    expect(await page.locator('#timer-text').inputValue()).toContain('write by hand');
    await page.locator('#timer-text').fill('');
  });

  test('an entry is opened, left with Escape, opened again and saved', async () => {
    await tabTo('.entry-text');
    await press('Enter');
    await page.locator('.is-editing form').waitFor();
    expect(await focused().getAttribute('name')).toBe('text');
    await press('Escape');
    await page.locator('.is-editing').waitFor({ state: 'detached' });
    expect(await focused().getAttribute('class')).toContain('entry-text');
    await press('Enter');
    await page.locator('.is-editing form').waitFor();
    await page.locator('.is-editing [name="text"]:focus').waitFor();
    await press('ControlOrMeta+a');
    await type('written by hand');
    await press('Enter');
    await row('written by hand').waitFor();
    expect(await page.locator('.is-editing').count()).toBe(0);
    expect(await focused().count()).toBe(1);
  });

  test('the menu of a row opens, is walked, and deletes; undo is reached', async () => {
    await tabTo('.mask-more');
    await press('Enter');
    await page.locator('#row-menu').waitFor({ state: 'visible' });
    await press('ArrowDown');
    await press('ArrowUp');
    await tabTo('#row-menu [data-do="delete"]', 'ArrowDown');
    await press('Enter');
    await row('written by hand').waitFor({ state: 'detached' });
    await tabTo('#flash button, .toast button');
    await press('Enter');
    await row('written by hand').waitFor();
  });

  test('a report is filtered by the third client, which is chosen with the arrows', async () => {
    const names = ['Ada Books', 'Bell Radio', 'Corn Mill'];
    for (const name of names) {
      await page.goto('/clients/new');
      await tabTo('[name="name"]');
      await type(name);
      await press('Enter');
      await page.locator('main', { hasText: name }).waitFor();
    }
    await page.goto('/timer');
    await tabTo('nav a[href^="/reports"]');
    await press('Enter');
    await page.waitForURL('**/reports/**');
    await tabTo('select[name="client_id"]');
    for (let steps = 0; steps < 3; steps += 1) await press('ArrowDown');
    await page.waitForTimeout(200);
    expect(await page.locator('select[name="client_id"]:focus option:checked').textContent()).toBe(
      'Corn Mill',
    );
    await tabTo('.filter-bar button');
    await press('Enter');
    const chosen = page.locator(`[aria-label="${en('reports.chosen')}"] a`);
    await chosen.waitFor();
    expect(await chosen.allTextContents()).toEqual([expect.stringContaining('Corn Mill')]);
    await tabTo(`[aria-label="${en('reports.chosen')}"] a`, 'Shift+Tab');
    await press('Enter');
    await chosen.waitFor({ state: 'detached' });
  });

  test('every stop of the page is visible when it has the focus', async () => {
    await page.goto('/timer');
    const invisible: string[] = [];
    for (let steps = 0; steps < 30; steps += 1) {
      await press('Tab');
      invisible.push(...(await hiddenFocus(page)));
    }
    expect(invisible).toEqual([]);
  });

  test('the first stop skips to the content', async () => {
    await page.goto('/projects');
    await press('Tab');
    expect(await focused().textContent()).toBe(en('app.skip_to_content'));
    await press('Enter');
    expect(await focused().getAttribute('id')).toBe('main');
  });
});

/** The element that has the focus, unless one can see that it has. */
async function hiddenFocus(page: Page): Promise<string[]> {
  const found = await page.evaluate(`(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    const hasMark = (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
    return element === document.body || (hasMark && width > 0 && height > 0) ? [] : [element.outerHTML.slice(0, 120)];
  })()`);
  return found as string[];
}
