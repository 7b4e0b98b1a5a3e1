import { expect, test } from 'vitest';
import { describeInBrowser, seedTeam, signIn } from './browser.ts';

/** Lists that have more than they show. */
describeInBrowser('a long list of choices', (world) => {
  test('is narrowed by what is typed above it, and what is chosen is sent', async () => {
    const administrator = await seedTeam(world.server);
    const page = await world.open();
    await signIn(page, administrator);
    await page.evaluate(`(async () => {
      for (let start = 0; start < 220; start += 20)
        await Promise.all(Array.from({ length: 20 }, (_, index) => fetch('/clients', {
          method: 'POST',
          redirect: 'manual',
          body: new URLSearchParams({ name: 'Many ' + (start + index), color: 'teal' }),
        })));
    })()`);
    await page.goto('/projects/new');
    const list = page.locator('#f-client_id');
    expect(await list.locator('option').count()).toBeLessThan(210);
    await page.locator('#f-client_id-search').fill('many 97');
    await list.locator('option', { hasText: 'Many 97' }).waitFor({ state: 'attached' });
    expect(await list.locator('option').count()).toBeLessThan(20);
    await list.selectOption({ label: 'Many 97' });
    await page.locator('#f-name').fill('Of the last client');
    await page.locator('main form button.button-primary').first().click();
    await page.waitForURL('**/projects');
    await page.goto('/projects?q=Of+the+last');
    expect(await page.locator('main table').textContent()).toContain('Many 97');
    await page.context().close();
  });
});
