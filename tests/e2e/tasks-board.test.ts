import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { de, describeInBrowser, en, setUp, signIn } from './browser.ts';

/** Cards of the board by mouse, finger, keyboard and without scripts. The tests are one story and run in order. */
describeInBrowser('the board of tasks', (world) => {
  let page: Page;
  /** Somebody who looks on: asking as the page's own session would take its messages away. */
  let watcher: Page;

  const cards = (status: string) =>
    page.locator(`#column-${status} .board-card .board-name`).allTextContents();
  const card = (name: string) => page.locator(`.board-card:not(.board-ghost)[data-name="${name}"]`);
  const handle = (name: string) => card(name).locator('.board-handle');
  const said = () => page.locator('#board-said').textContent();
  const count = (status: string) => page.locator(`#column-${status} [data-count]`).textContent();

  /** What the server has, whatever the page shows. */
  async function stored(status: string): Promise<string[]> {
    const answer = await watcher.request.get('/tasks/board');
    const column = (await answer.text()).split('<section class="board-column"');
    const part = column.find((text) => text.includes(`data-status="${status}"`)) ?? '';
    return [...part.matchAll(/class="board-name"[^>]*>([^<]*)</g)].map(([, name]) => name ?? '');
  }
  const isStored = (status: string, names: string[]) =>
    expect.poll(() => stored(status), { timeout: 10_000 }).toEqual(names);

  async function center(name: string): Promise<{ x: number; y: number }> {
    const box = await card(name).boundingBox();
    if (!box) throw new Error(`${name} is nowhere`);
    return { x: box.x + box.width / 2, y: box.y + 12 };
  }

  async function drag(name: string, to: { x: number; y: number }): Promise<void> {
    const from = await center(name);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + 10, from.y + 10, { steps: 3 });
    await page.mouse.move(to.x, to.y, { steps: 12 });
    expect(await page.locator('.board-ghost').count()).toBe(1);
    await page.mouse.up();
    expect(await page.locator('.board-ghost').count()).toBe(0);
  }

  test('starts with three tasks in one column', async () => {
    page = await world.open();
    await setUp(page);
    watcher = await world.open();
    await signIn(watcher);
    await page.goto('/projects/new');
    await page.getByLabel(en('projects.name')).fill('Garden');
    await page.getByRole('button', { name: en('action.save') }).click();
    await page.waitForURL('**/projects');
    for (const name of ['Dig', 'Plant', 'Water']) {
      await page.goto('/tasks/new');
      await page.getByLabel(en('tasks.name'), { exact: true }).fill(name);
      await page.locator('#f-project_id').selectOption({ label: 'Garden' });
      await page.getByRole('button', { name: en('action.save') }).click();
      await page.waitForURL(/\/tasks\/\d+$/);
    }
    await page.goto('/tasks/board');
    expect(await cards('open')).toEqual(['Water', 'Plant', 'Dig']);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });

  test('a card is dragged by mouse to another column; the page shows it at once and the server has it', async () => {
    const column = await page.locator('#column-review').boundingBox();
    await drag('Dig', { x: (column?.x ?? 0) + 60, y: (column?.y ?? 0) + 60 });
    expect(await cards('review')).toEqual(['Dig']);
    expect(await count('review')).toBe('1');
    await isStored('review', ['Dig']);
    await page.getByText(en('tasks.moved', { name: 'Dig', status: en('tasks.status_review') })).waitFor();
    expect(new URL(page.url()).pathname).toBe('/tasks/board');
  });

  test('and to another place in its column', async () => {
    const { x, y } = await center('Water');
    await drag('Plant', { x, y: y - 8 });
    expect(await cards('open')).toEqual(['Plant', 'Water']);
    await isStored('open', ['Plant', 'Water']);
    await page.reload();
    expect(await cards('open')).toEqual(['Plant', 'Water']);
  });

  test('a click on its name opens it, and Escape while dragging puts it back', async () => {
    const { x, y } = await center('Plant');
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 300, y + 40, { steps: 6 });
    expect(await cards('in_progress')).toEqual(['Plant']);
    await page.keyboard.press('Escape');
    expect(await cards('open')).toEqual(['Plant', 'Water']);
    expect(await said()).toBe(en('tasks.drag_back', { name: 'Plant' }));
    await page.mouse.up();
    await card('Plant').locator('.board-name').click();
    await page.waitForURL(/\/tasks\/\d+$/);
    await page.goBack();
    await page.waitForURL('**/tasks/board');
    expect(await stored('open')).toEqual(['Plant', 'Water']);
  });

  test('by keyboard: lifted, moved, dropped and told, with the focus kept', async () => {
    await handle('Water').focus();
    await page.keyboard.press('Enter');
    expect(await handle('Water').getAttribute('aria-pressed')).toBe('true');
    expect(await said()).toBe(en('tasks.drag_lifted', { name: 'Water' }));
    await page.keyboard.press('ArrowUp');
    expect(await cards('open')).toEqual(['Water', 'Plant']);
    expect(await said()).toBe(
      en('tasks.drag_at', { column: en('tasks.status_open'), place: '1', count: '2' }),
    );
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
    expect(await cards('review')).toEqual(['Dig', 'Water']);
    await page.keyboard.press('Enter');
    await isStored('review', ['Dig', 'Water']);
    await page.getByText(en('tasks.moved', { name: 'Water', status: en('tasks.status_review') })).waitFor();
    await expect
      .poll(() => page.locator(':focus').getAttribute('id'))
      .toBe(await handle('Water').getAttribute('id'));
  });

  test('Escape puts it back, and so does leaving it', async () => {
    await handle('Water').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowLeft');
    expect(await cards('in_progress')).toEqual(['Water']);
    await page.keyboard.press('Escape');
    expect(await cards('review')).toEqual(['Dig', 'Water']);
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Tab');
    await expect.poll(() => cards('review')).toEqual(['Dig', 'Water']);
    expect(await stored('review')).toEqual(['Dig', 'Water']);
  });

  test('the buttons move it one up or down', async () => {
    await page.getByRole('button', { name: en('tasks.up_named', { name: 'Water' }) }).click();
    await isStored('review', ['Water', 'Dig']);
    await expect.poll(() => cards('review')).toEqual(['Water', 'Dig']);
    expect(
      await page.getByRole('button', { name: en('tasks.up_named', { name: 'Water' }) }).isDisabled(),
    ).toBe(true);
  });

  test('where the server cannot be reached the card goes back and the page says so', async () => {
    await page.route('**/tasks/*/status', (route) => route.abort());
    const problems = world.problems.length;
    const column = await page.locator('#column-done').boundingBox();
    await drag('Plant', { x: (column?.x ?? 0) + 60, y: (column?.y ?? 0) + 60 });
    await page.locator('.toast-error').waitFor();
    await expect.poll(() => cards('open')).toEqual(['Plant']);
    expect(await count('done')).toBe('0');
    expect(await count('open')).toBe('1');
    await page.unroute('**/tasks/*/status');
    // The browser itself notes the request that failed.
    world.problems.length = problems;
    await drag('Plant', { x: (column?.x ?? 0) + 60, y: (column?.y ?? 0) + 60 });
    await isStored('done', ['Plant']);
  });

  test('a task that another tab deleted goes back, and says that it is gone', async () => {
    const href = await card('Plant').locator('.board-name').getAttribute('href');
    const [cookie] = await page.context().cookies();
    const gone = await fetch(`${world.server.address}${href}/delete`, {
      ...{ method: 'POST', redirect: 'manual' },
      headers: { Cookie: `${cookie?.name}=${cookie?.value}`, Origin: world.server.address },
    });
    expect(gone.status).toBe(303);
    const column = await page.locator('#column-open').boundingBox();
    await drag('Plant', { x: (column?.x ?? 0) + 60, y: (column?.y ?? 0) + 60 });
    await page.locator('.toast-error').waitFor();
    await expect.poll(() => cards('done')).toEqual(['Plant']);
    await page.reload();
    expect(await cards('done')).toEqual([]);
  });

  test('by finger at the handle, while a finger elsewhere scrolls', async () => {
    const state = await page.context().storageState();
    page = await world.open({
      ...{ storageState: state, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
    });
    await page.goto('/tasks/board');
    expect(
      await page.evaluate('document.documentElement.scrollWidth <= document.documentElement.clientWidth'),
    ).toBe(true);
    await handle('Dig').scrollIntoViewIfNeeded();
    const session = await page.context().newCDPSession(page);
    const finger = async (type: 'touchStart' | 'touchMove' | 'touchEnd', point?: { x: number; y: number }) =>
      session.send('Input.dispatchTouchEvent', { type, touchPoints: point ? [point] : [] });
    const box = await handle('Dig').boundingBox();
    const from = { x: (box?.x ?? 0) + 10, y: (box?.y ?? 0) + 10 };
    const target = await card('Water').boundingBox();
    const to = { x: from.x, y: (target?.y ?? 0) + 5 };
    await finger('touchStart', from);
    for (let step = 1; step <= 10; step += 1)
      await finger('touchMove', { x: from.x, y: from.y + ((to.y - from.y) * step) / 10 });
    await finger('touchEnd');
    await isStored('review', ['Dig', 'Water']);
    const name = await card('Dig').locator('.board-name').boundingBox();
    const start = { x: (name?.x ?? 0) + 5, y: (name?.y ?? 0) + 5 };
    await finger('touchStart', start);
    for (let step = 1; step <= 5; step += 1)
      await finger('touchMove', { x: start.x, y: start.y - 20 * step });
    expect(await page.locator('.board-ghost').count()).toBe(0);
    await finger('touchEnd');
    await page.context().close();
  });

  test('without scripts: by the list of columns and the buttons; in German', async () => {
    page = await world.open({ javaScriptEnabled: false });
    await signIn(page);
    await page.goto('/account');
    await page.getByLabel(en('account.language')).selectOption('de');
    await page
      .getByRole('button', { name: en('action.save') })
      .first()
      .click();
    await page.goto('/tasks/board');
    expect(await page.locator('.board-handle').first().isVisible()).toBe(false);
    expect(await page.locator('#board-help').isVisible()).toBe(false);
    await page.getByRole('button', { name: de('tasks.down_named', { name: 'Dig' }) }).click();
    expect(await cards('review')).toEqual(['Water', 'Dig']);
    await card('Dig').getByRole('combobox').selectOption('done');
    await card('Dig')
      .getByRole('button', { name: de('tasks.move'), exact: true })
      .click();
    expect(await cards('done')).toEqual(['Dig']);
    await page
      .getByText(de('tasks.moved', { name: 'Dig', status: de('tasks.status_done') }))
      .first()
      .waitFor();
  });
});
