import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { describeInBrowser, en, seedTeam, signIn } from './browser.ts';

/** Narrow screens: everything fits, and the core loop works with a thumb. */
describeInBrowser('a phone', (world) => {
  let administrator: Awaited<ReturnType<typeof seedTeam>>;
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const paths = [
    '/timer',
    '/reports/summary',
    '/projects',
    '/projects/new',
    '/projects/1',
    '/clients',
    '/clients/1',
    '/projects/1/members',
    '/projects/1/merge',
    '/tasks',
    '/tasks/board',
    '/tasks/new',
    '/tasks/1',
    '/rates',
    '/rates/edit?scope=project:1',
    '/notices',
    '/entries',
    '/admin/users',
    '/admin/users/1',
  ];
  paths.push('/tags', '/tags/new', '/account', '/privacy', '/nothing-here');
  paths.push(
    ...['', '/errors', '/ledger', '/ledger/check', '/events'].map((part) => `/admin/telemetry${part}`),
  );

  for (const width of [390, 320]) {
    test(`no page is wider than ${width} pixels`, async () => {
      administrator ??= await seedTeam(world.server);
      const page = await world.open({ ...phone, viewport: { width, height: 844 } });
      await page.goto('/login');
      const wide = await tooWide(page, width);
      await signIn(page, administrator);
      for (const path of paths) {
        await page.goto(path);
        wide.push(...(await tooWide(page, width)));
      }
      expect(wide).toEqual([]);
      await page.context().close();
    });
  }

  test('a name of one long word fits on every page that has it', async () => {
    const page = await world.open({ ...phone, viewport: { width: 360, height: 844 } });
    await signIn(page, administrator);
    await page.goto('/projects/new');
    await page.locator('#f-name').fill('Spezialprojekt'.repeat(8));
    await page.locator('main form button.button-primary').first().tap();
    await page.waitForURL('**/projects');
    await page.goto('/projects?q=Spezialprojekt');
    const wide = await tooWide(page, 360);
    const here = (await page.locator('main a.project').first().getAttribute('href')) ?? '';
    await page.goto(`/tasks/new?project_id=${here.replace('/projects/', '')}`);
    await page.locator('#f-name').fill('Spezialaufgabe'.repeat(8));
    await page.locator('main form button.button-primary').first().tap();
    await page.waitForURL(/tasks\/\d+$/);
    wide.push(...(await tooWide(page, 360)));
    for (const path of [
      here,
      `${here}/members`,
      `${here}/edit`,
      `${here}/merge`,
      '/tasks',
      '/tasks/board',
      '/timer',
    ]) {
      await page.goto(path);
      wide.push(...(await tooWide(page, 360)));
    }
    expect(wide).toEqual([]);
    await page.context().close();
  });

  test('the bell stands in line with the places of the navigation', async () => {
    const page = await world.open({ viewport: { width: 1280, height: 800 } });
    await signIn(page, administrator);
    const [place, bell] = await Promise.all([
      page.locator('.nav .icon').first().boundingBox(),
      page.locator('.bell .icon').boundingBox(),
    ]);
    expect(Math.abs((bell?.x ?? 0) - (place?.x ?? 99))).toBeLessThan(3);
    await page.context().close();
  });

  test('what is pressed is large enough for a finger', async () => {
    const page = await world.open(phone);
    await signIn(page, administrator);
    const small: string[] = [];
    for (const path of ['/timer', '/reports/summary', '/projects']) {
      await page.goto(path);
      small.push(...(await tooSmall(page)));
    }
    expect(small).toEqual([]);
    await page.context().close();
  });

  test('a timer is started, changed and stopped with a thumb', async () => {
    const page = await world.open(phone);
    await signIn(page, administrator);
    const text = page.locator('#timer-text');
    await text.tap();
    await text.fill('on the train');
    await page.keyboard.press('Enter');
    await page.locator('.timer-what', { hasText: 'on the train' }).waitFor();
    await page.locator('#timer-now > summary').tap();
    await page.locator('#running-text').fill('on the slow train');
    await page
      .locator('#timer-now')
      .getByRole('button', { name: en('action.save') })
      .tap();
    await page.locator('.timer-what', { hasText: 'on the slow train' }).waitFor();
    await page.locator('#timer-stop button').tap();
    await page.locator('[data-running]').waitFor({ state: 'detached' });
    await page.locator('.entry', { hasText: 'on the slow train' }).locator('.entry-text').tap();
    await page.locator('.is-editing').waitFor();
    expect(await tooWide(page, 390)).toEqual([]);
    await page.context().close();
  });

  test('a click on the navigation changes the page without loading it again', async () => {
    const page = await world.open();
    await signIn(page, administrator);
    await page.evaluate('window.isTheSame = true');
    await page.getByRole('link', { name: en('nav.projects'), exact: true }).click();
    await page.waitForURL('**/projects');
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.evaluate('window.isTheSame')).toBe(true);
    await page.goBack();
    await page.waitForURL('**/timer');
    await page.getByRole('heading', { level: 1, name: en('nav.timer') }).waitFor();
    await page.context().close();
  });
});

/** Elements that reach beyond the right edge, when the page as a whole does. */
async function tooWide(page: Page, width: number): Promise<string[]> {
  const found = await page.evaluate(`(() => {
    const wide = document.documentElement.scrollWidth;
    if (wide <= ${width}) return [];
    const beyond = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > ${width} + 1);
    return [location.pathname + ' is ' + wide + ' wide', ...beyond.slice(0, 3).map((element) => element.outerHTML.slice(0, 120))];
  })()`);
  return found as string[];
}

/** Buttons and links of their own (not those inside of a text) that are smaller than 24 by 24 pixels. */
async function tooSmall(page: Page): Promise<string[]> {
  const found = await page.evaluate(`(() => {
    const pressed = document.querySelectorAll('button, summary, .button, .icon-button, nav a, .entry-text');
    return [...pressed].filter((element) => element.checkVisibility({ visibilityProperty: true })).flatMap((element) => {
      const { width, height } = element.getBoundingClientRect();
      const size = Math.round(width) + '×' + Math.round(height);
      return width >= 24 && height >= 24 ? [] : [location.pathname + ' ' + size + ' ' + element.outerHTML.slice(0, 100)];
    });
  })()`);
  return found as string[];
}
