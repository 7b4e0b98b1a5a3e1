import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { violations, visitEveryPage } from './axe.ts';
import { de, describeInBrowser, en, seedTeam, signIn } from './browser.ts';
import type { World } from './browser.ts';

/** axe finds nothing on any page and in any state of it, in light and dark, in English and German. */
describeInBrowser('accessibility', (world) => {
  let administrator: Awaited<ReturnType<typeof seedTeam>>;

  test('of the first run', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const locale of ['en-US', 'de-DE']) {
        const page = await world.open({ colorScheme, locale });
        await page.goto('/setup');
        expect(await violations(page)).toEqual([]);
        await page.locator('form .button-primary').click();
        await page.locator('[aria-invalid="true"]').first().waitFor();
        expect(await violations(page)).toEqual([]);
        await page.context().close();
      }
    }
  });

  test('of signing in, and of a page that is not there', async () => {
    administrator = await seedTeam(world.server);
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await world.open({ colorScheme });
      await page.goto('/login');
      expect(await violations(page)).toEqual([]);
      await page.getByLabel(en('login.email')).fill('nobody@example.com');
      await page.getByLabel(en('login.password')).fill('wrong');
      await page.getByRole('button', { name: en('login.submit') }).click();
      await page.getByText(en('login.wrong')).waitFor();
      expect(await violations(page)).toEqual([]);
      await signIn(page, administrator);
      await page.goto('/nothing-here');
      expect(await violations(page)).toEqual([]);
      await page.context().close();
    }
  });

  test('of every page in German, on a phone', { timeout: 300_000 }, async () => {
    const page = await world.open({ viewport: { width: 390, height: 844 } });
    await signIn(page, administrator);
    await page.goto('/account');
    await page.getByLabel(en('account.language')).selectOption('de');
    await page.locator('main form .button-primary').first().click();
    await page.getByRole('heading', { level: 1, name: de('account.title') }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    await visitEveryPage(page);
    await page.goto('/account');
    await page.getByLabel(de('account.language')).selectOption('en');
    await page.locator('main form .button-primary').first().click();
    await page.getByRole('heading', { level: 1, name: en('account.title') }).waitFor();
    await page.context().close();
  });

  test('of what opens: the running timer, a row’s form and menu, the sheet of keys, a refused form', async () => {
    const page = await signedIn(world);
    await page.locator('#timer-text').fill('something');
    await page.keyboard.press('Enter');
    await page.locator('#timer-now > summary').click();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    const row = page.locator('.entry:not(.is-running)').first();
    await row.locator('.mask-more').click();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await row.locator('.entry-text').click();
    await page.locator('.is-editing form').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.locator('.is-editing').getByLabel(en('timer.started_time'), { exact: true }).fill('25:00');
    await page.locator('.is-editing .button-primary').click();
    await page.locator('.is-editing [aria-invalid="true"]').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.locator('h1').click();
    await page.keyboard.press('?');
    await page.locator('dialog#keys[open]').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });

  test('of what comes up: suggestions, an offer to undo, a refused form of added time, the question after a break', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await world.open({ colorScheme });
      await signIn(page, administrator);
      await page.locator('#timer-text').pressSequentially('@');
      await page.locator('[role="option"]').first().waitFor();
      await page.keyboard.press('ArrowDown');
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.locator('#timer-text').fill('');
      await page.locator('.entry:not(.is-running) .mask-more').first().click();
      await page.locator('#row-menu [data-do="delete"]').click();
      const undo = page.getByRole('button', { name: en('action.undo') });
      await undo.waitFor();
      expect(await violations(page)).toEqual([]);
      await undo.click();
      await undo.waitFor({ state: 'detached' });
      await page.getByText(en('timer.add_by_hand')).click();
      await page.locator('#add-started').fill('25:00');
      await page.locator('#add-entry .button-primary').click();
      await page.locator('#add-entry [aria-invalid="true"]').first().waitFor();
      expect(await violations(page)).toEqual([]);
      await comeBackAfterABreak(page);
      expect(await violations(page)).toEqual([]);
      await page.context().close();
    }
  });

  async function comeBackAfterABreak(page: Page): Promise<void> {
    await page.clock.install();
    await page.goto('/timer');
    await page.locator('#timer-text').fill('left alone');
    await page.keyboard.press('Enter');
    await page.locator('.timer-what', { hasText: 'left alone' }).waitFor();
    // A request that is still out would run into its own time limit.
    await page.locator('.htmx-request').first().waitFor({ state: 'detached' });
    await page.clock.fastForward('02:00:00');
    await page.locator('dialog#idle[open]').waitFor();
  }

  async function signedIn({ open }: World): Promise<Page> {
    const page = await open();
    await signIn(page, administrator);
    return page;
  }
});
