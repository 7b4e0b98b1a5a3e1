import { describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';

const app = await createTestApp();

describe('timer', () => {
  it('starts, shows and stops', async () => {
    const started = await app.as('bob').post('/timer/start', { text: 'Write the #draft #"two words"' });
    expect(started.status).toBe(303);
    app.clock.now += 90_000;
    const page = await app.as('bob').get('/timer');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Write the');
    await app.as('bob').post('/timer/stop').expect(303);
    const after = await app.as('bob').get('/timer');
    expect(after.text).toContain('0:01');
  });
});
