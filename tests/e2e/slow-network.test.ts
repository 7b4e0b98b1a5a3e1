import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, en, setUp } from './browser.ts';

/** What people do while an answer is on its way. The tests are one story and run in order. */
describeInBrowser('a slow network', (world) => {
  let page: Page;

  const row = (text: string) => page.locator('.entry', { hasText: text });
  const field = () => page.locator('#timer-text');
  const editor = () => page.locator('.entry.is-editing [name="text"]');
  const openEditor = async (text: string) => {
    await row(text).locator('.entry-text').click();
    await editor().waitFor();
  };
  const stop = async () => {
    // A timer that ran for less than a second leaves no entry.
    await page.waitForTimeout(1_100);
    await page.locator('#timer-stop button').click();
  };

  test('what is typed while a start is under way is kept, and is started next', async () => {
    page = await world.open();
    await setUp(page);
    const sent: string[] = [];
    page.on('request', (request) => {
      const text = new URLSearchParams(request.postData() ?? '').get('text');
      if (request.url().endsWith('/timer/start')) sent.push(text ?? '');
    });
    const gate = await hold(page, '**/timer/start');
    await field().fill('first thing');
    await page.keyboard.press('Enter');
    await gate.reached();
    await page.keyboard.type('second thing');
    await page.keyboard.press('Enter');
    await page.keyboard.type('third thing');
    await page.keyboard.press('ArrowLeft');
    await gate.open();
    await page.locator('.timer-what', { hasText: 'second thing' }).waitFor();
    expect(sent).toEqual(['first thing', 'second thing']);
    expect(await field().inputValue()).toBe('third thing');
    expect(await caretIn(page)).toEqual({ id: 'timer-text', at: 'third thin'.length });
    await field().fill('');
  });

  test('work that is done is there to be changed', async () => {
    await stop();
    for (const text of ['done early', 'done late']) {
      await page.locator('#timer-duration').waitFor();
      await field().fill(text);
      await page.locator('#timer-duration').fill('5m');
      await page.locator('#timer-start .button-primary').click();
      await row(text).locator('.mask-play').waitFor();
    }
  });

  test('pressing Enter twice starts once', async () => {
    const gate = await hold(page, '**/timer/start');
    await field().fill('pressed twice');
    await page.keyboard.press('Enter');
    await gate.reached();
    await page.keyboard.press('Enter');
    await gate.open();
    await page.locator('.timer-what', { hasText: 'pressed twice' }).waitFor();
    await expect.poll(() => field().inputValue()).toBe('');
    expect(await row('pressed twice').count()).toBe(1);
    // A timer that ran for less than a second leaves no entry.
    await page.waitForTimeout(1_200);
  });

  test('a row that is edited and a panel that is filled in outlive a start', async () => {
    await page.getByText(en('timer.add_by_hand')).click();
    await page.locator('#add-text').fill('half of an entry');
    await openEditor('done early');
    await editor().fill('half of a change');
    const gate = await hold(page, '**/timer/start');
    await field().fill('fourth thing');
    await page.keyboard.press('Enter');
    await gate.reached();
    await editor().focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await gate.open();
    await page.locator('.timer-what', { hasText: 'fourth thing' }).waitFor();
    await row('fourth thing').waitFor();
    expect(await editor().inputValue()).toBe('half of a change');
    expect(await caretIn(page)).toEqual({ id: await editor().getAttribute('id'), at: 1 });
    expect(await page.locator('#add-entry').getAttribute('open')).not.toBeNull();
    expect(await page.locator('#add-text').inputValue()).toBe('half of an entry');
    expect(await row('pressed twice').getAttribute('class')).not.toContain('is-running');
  });

  test('saving the row closes it and leaves the panel as it is; adding closes and empties that', async () => {
    await page.locator('.is-editing .button-primary').click();
    await row('half of a change').waitFor();
    expect(await page.locator('.is-editing').count()).toBe(0);
    expect(await page.locator('#add-text').inputValue()).toBe('half of an entry');
    await page.locator('#add-started').fill('0:00');
    await page.locator('#add-ended').fill('0:01');
    await page.locator('#add-entry .button-primary').click();
    await row('half of an entry').waitFor();
    expect(await page.locator('#add-entry').getAttribute('open')).toBeNull();
    expect(await page.locator('#add-text').inputValue()).toBe('');
  });

  test('cancelling an edit shows the row as it is by now', async () => {
    await stop();
    await page.locator('[data-running]').waitFor({ state: 'detached' });
    await openEditor('done late');
    const other = await page.context().newPage();
    await other.goto('/timer');
    await other.locator('.entry', { hasText: 'done late' }).locator('.entry-text').click();
    await other.locator('.is-editing [name="text"]').fill('done later');
    await other.keyboard.press('Enter');
    await other.locator('.entry-text', { hasText: 'done later' }).waitFor();
    await other.close();
    await page.bringToFront();
    await field().fill('meanwhile');
    await page.keyboard.press('Enter');
    await page.locator('.timer-what', { hasText: 'meanwhile' }).waitFor();
    expect(await editor().inputValue()).toBe('done late');
    await page.getByRole('link', { name: en('action.cancel') }).click();
    await row('done later').locator('.mask-play').waitFor();
    expect(await page.locator('.is-editing').count()).toBe(0);
    await stop();
    await page.locator('[data-running]').waitFor({ state: 'detached' });
  });

  test('a late answer to a look at the server changes nothing that is newer', async () => {
    await field().fill('before the look');
    await page.keyboard.press('Enter');
    await page.locator('.timer-what', { hasText: 'before the look' }).waitFor();
    await page.locator('h1').click();
    const gate = await hold(page, '**/timer');
    await lookAgain(page);
    await gate.reached();
    await openEditor('done late');
    await editor().fill('typed meanwhile');
    await gate.open();
    await page.waitForTimeout(300);
    expect(await editor().inputValue()).toBe('typed meanwhile');
    await page.keyboard.press('Escape');
  });

  test('a look that comes back while something is typed in the page waits', async () => {
    const gate = await hold(page, '**/timer');
    await page.locator('h1').click();
    await lookAgain(page);
    await gate.reached();
    await page.getByText(en('timer.add_by_hand')).click();
    await page.locator('#add-text').fill('typed while looking');
    await gate.open();
    await page.waitForTimeout(300);
    expect(await page.locator('#add-entry').getAttribute('open')).not.toBeNull();
    expect(await page.locator('#add-text').inputValue()).toBe('typed while looking');
    await page.locator('#add-text').fill('');
    await page.getByText(en('timer.add_by_hand')).click();
  });

  test('a stop overtakes a look that is under way', async () => {
    const gate = await hold(page, '**/timer', 1);
    await page.locator('h1').click();
    await lookAgain(page);
    await gate.reached();
    await stop();
    await page.locator('[data-running]').waitFor({ state: 'detached' });
    await gate.open();
    await page.waitForTimeout(300);
    expect(await page.locator('[data-running]').count()).toBe(0);
  });

  test('two rows deleted in a hurry can both be brought back', async () => {
    const gate = await hold(page, '**/entries/*/delete');
    for (const text of ['half of a change', 'half of an entry']) {
      await row(text).locator('.mask-more').click();
      await page.locator('#row-menu [data-do="delete"]').click();
    }
    await gate.reached();
    await gate.open();
    await row('half of a change').waitFor({ state: 'detached' });
    await row('half of an entry').waitFor({ state: 'detached' });
    const undo = page.getByRole('button', { name: en('action.undo') });
    await expect.poll(() => undo.count()).toBe(2);
    await undo.first().click();
    await row('half of a change').waitFor();
    expect(await undo.count()).toBe(1);
    await undo.click();
    await row('half of an entry').waitFor();
    expect(await undo.count()).toBe(0);
  });

  test('offers to undo are three at most, and Escape and the button take them away', async () => {
    const toasts = page.locator('#toasts .toast');
    for (const text of ['half of a change', 'half of an entry', 'done late', 'pressed twice']) {
      await row(text).locator('.mask-more').click();
      await page.locator('#row-menu [data-do="delete"]').click();
      await row(text).waitFor({ state: 'detached' });
    }
    expect(await toasts.count()).toBe(3);
    await toasts
      .first()
      .getByRole('button', { name: en('action.close') })
      .click();
    expect(await toasts.count()).toBe(2);
    await page.keyboard.press('Escape');
    expect(await toasts.count()).toBe(1);
  });
});

interface Gate {
  /** Resolves once a request stands before the gate. */
  reached: () => Promise<void>;
  open: () => Promise<void>;
}

/** Holds requests to an address until the gate is opened; with `count` only the first ones. */
async function hold(page: Page, address: string, count = Infinity): Promise<Gate> {
  const arrived = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  let held = 0;
  await page.route(address, async (route) => {
    held += 1;
    arrived.resolve();
    if (held <= count) await opened.promise;
    // A request that the page gave up meanwhile cannot go on.
    await route.continue().catch(() => undefined);
  });
  return {
    reached: () => arrived.promise,
    open: async () => {
      opened.resolve();
      await page.unroute(address);
    },
  };
}

/** Lets the page look at the server again, as it does when another tab changed something. */
async function lookAgain(page: Page): Promise<void> {
  const other = await page.context().newPage();
  await other.goto('/privacy');
  await other.evaluate(`new BroadcastChannel('timetracker').postMessage('changed')`);
  await other.close();
  await page.bringToFront();
}

async function caretIn(page: Page): Promise<unknown> {
  return page.evaluate(`({ id: document.activeElement.id, at: document.activeElement.selectionStart })`);
}
