import { beforeEach, describe, expect, it } from 'vitest';
import type { TelemetryChannel } from '../../src/telemetry/channels.ts';
import { insertConsent } from '../../src/telemetry/consents.queries.ts';
import { agreementWithout } from '../support/agreement.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import { opened } from '../support/each-file.ts';
import type { Destination } from '../support/internet.ts';
import { openDestination } from '../support/internet.ts';

let internet: Destination;
let app: TestApp;
beforeEach(async () => {
  internet = await openDestination();
  opened.push(internet);
  app = await createTestApp({
    environment: {
      SENTRY_DSN: `${internet.url.replace('http://', 'http://abcdef@')}/1`,
      POSTHOG_API_KEY: 'phc_key_of_a_test',
      POSTHOG_HOST: internet.url,
      TELE_URL: `${internet.url}/telemetry`,
    },
  });
});

const agree = async (channel: TelemetryChannel, missing: string): Promise<void> => {
  await insertConsent(app.deps.db, {
    ...{ channel, mode: 'auto', catalogue_version: 1, covered: agreementWithout(channel, missing) },
    ...{ decided_at: app.clock.now, user_id: app.ids.alice, source: 'panel' },
  });
  await app.deps.telemetry.consents.refresh();
};
const sent = () => internet.requests.map(({ body }) => body.toString());

describe('a test, and the sample that shows it', () => {
  it.each<[TelemetryChannel, string, string]>([
    ['analytics', 'envelope.app_version', 'app_version'],
    ['analytics', 'admin.telemetry_viewed.page', '"page"'],
    ['errors', 'error.frames', 'stacktrace'],
    ['errors', 'error.endpoint', '/projects/:id'],
    ['installation', 'ping.installed_at', 'installed_at'],
    ['installation', 'telemetry.test.platform', 'platform'],
  ])('of %s has nothing of %s when that was not agreed to', async (channel, missing, text) => {
    await agree(channel, '');
    expect((await app.deps.telemetry.preview(channel))?.bytes).toContain(text);
    await agree(channel, missing);
    expect((await app.deps.telemetry.preview(channel))?.bytes).not.toContain(text);
    expect(await app.deps.telemetry.sendTest(channel)).toMatchObject({ status: 200 });
    expect(sent()).toHaveLength(1);
    expect(sent()[0]).not.toContain(text);
  });

  it.each<[TelemetryChannel, string]>([
    ['analytics', 'admin.telemetry_viewed'],
    ['analytics', 'envelope.distinct_id'],
    ['errors', 'error.environment'],
    ['errors', 'error.id'],
    ['installation', 'telemetry.test'],
    ['installation', 'ping.fingerprint'],
  ])('of %s is not made without an agreement to %s', async (channel, missing) => {
    await agree(channel, missing);
    expect(await app.deps.telemetry.preview(channel)).toBeUndefined();
    expect(await app.deps.telemetry.sendTest(channel)).toEqual({ refused: 'not_covered' });
    expect(internet.connections()).toBe(0);
  });

  it('of the installation says that it is one, and the installation is still to be told', async () => {
    await agree('installation', '');
    const { telemetry } = app.deps;
    expect(await telemetry.sendTest('installation')).toMatchObject({ status: 200 });
    expect(JSON.parse(sent()[0] ?? '')).toMatchObject({ kind: 'test' });
    expect(app.logLines().filter(({ event }) => event === 'telemetry.test')).toHaveLength(1);
    expect(await telemetry.installation.sendInstallPing()).toBe(true);
  });
});
