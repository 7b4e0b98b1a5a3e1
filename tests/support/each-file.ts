import { afterAll } from 'vitest';

/** Applications a test file opened; each is closed, and its log checked, when the file ends. */
export const opened: { close: () => Promise<void> }[] = [];

afterAll(async () => {
  for (const app of opened.splice(0)) await app.close();
});
