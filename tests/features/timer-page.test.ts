import { expect, it } from 'vitest';
import { createTestApp, testNow } from '../support/app.ts';

it('counts whole seconds while a timer runs, between two seconds too', async () => {
  const app = await createTestApp();
  app.clock.now = testNow + 250;
  await app.as('bob').post('/timer/start', { text: 'half a second' }).expect(303);
  app.clock.now = testNow + 61_833;
  const { text } = await app.as('bob').get('/timer');
  const counted = [...text.matchAll(/data-seconds="([^"]+)"/g)].map((match) => match[1]);
  expect(counted.length).toBeGreaterThan(3);
  expect(new Set(counted)).toEqual(new Set(['61']));
});
