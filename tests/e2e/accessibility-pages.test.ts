import { beforeAll, test } from 'vitest';
import { visitEveryPage } from './axe.ts';
import { describeInBrowser, seedTeam, signIn } from './browser.ts';

/** axe finds nothing on any page. A file of its own, since two are run at a time. */
describeInBrowser('accessibility', (world) => {
  let administrator: Awaited<ReturnType<typeof seedTeam>>;
  beforeAll(async () => {
    administrator = await seedTeam(world.server);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`of every page in ${colorScheme}`, { timeout: 300_000 }, async () => {
      const page = await world.open({ colorScheme });
      await signIn(page, administrator);
      await visitEveryPage(page);
      await page.context().close();
    });
  }
});
