import { describe, expect, it } from 'vitest';
import { createTestApp } from '../support/app.ts';
import { fillEntries, insertEntry } from './entry-rows.ts';

/** Totals of the list of entries come from several places; here they are added up entry by entry. */
const app = await createTestApp();
const { db } = app.deps;
const filled = await fillEntries(app, { entries: 400, seed: 7, from: '2025-11-10', to: '2026-03-04' });
await insertEntry(db, app.ids.bob, { local_date: '2026-02-10', seconds: null });
const entries = await db.selectFrom('entries').selectAll().execute();

type Names = 'alice' | 'bob';
interface Asked {
  from: string;
  to: string;
  user_id?: number;
  project_id?: number;
  q?: string;
}

function expected(viewer: Names, { from, to, user_id, project_id, q = '' }: Asked): string {
  const found = entries.filter(
    (entry) =>
      (viewer === 'alice' || entry.user_id === app.ids[viewer]) &&
      entry.local_date >= from &&
      entry.local_date <= to &&
      (user_id ?? entry.user_id) === entry.user_id &&
      (project_id ?? entry.project_id) === entry.project_id &&
      entry.description.toLowerCase().includes(q.toLowerCase()),
  );
  const seconds = found.reduce((sum, entry) => sum + (entry.duration_seconds ?? 0), 0);
  return `${found.length} ${seconds}`;
}

/** What the page says, in the same form. */
async function told(viewer: Names, asked: Asked): Promise<string> {
  const parameters = new URLSearchParams(Object.entries(asked).map(([name, value]) => [name, String(value)]));
  const { text } = await app.as(viewer).get(`/entries?${parameters.toString()}`).expect(200);
  const [, count = '', hours = '', minutes = '', rest = ''] =
    /class="lead">(No|[\d,]+) entr(?:y|ies), (\d+):(\d+):(\d+)/.exec(text) ?? [];
  const entryCount = count === 'No' ? 0 : Number(count.replaceAll(',', ''));
  return `${entryCount} ${Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)}`;
}

const project = filled.projects[0]?.id ?? 0;
const ranges: [string, string][] = [
  ['2025-12-01', '2025-12-31'],
  ['2025-12-01', '2026-02-28'],
  ['2025-11-15', '2026-03-02'],
  ['2026-01-05', '2026-01-20'],
  ['2026-01-20', '2026-02-03'],
  ['2026-02-10', '2026-02-10'],
  ['2000-01-01', '2199-12-31'],
  ['1999-01-01', '1999-12-31'],
  ['2026-02-01', '2026-12-31'],
];

describe.each(ranges)('from %s to %s', (from, to) => {
  it.each(['alice', 'bob'] as const)(
    '%s is told what the entries add up to, however it is filtered',
    async (viewer) => {
      for (const filter of [
        {},
        { user_id: app.ids[viewer] },
        { project_id: project },
        { user_id: app.ids.bob, project_id: project },
        { q: 'entry 1' },
      ]) {
        // A project that bob cannot see would be no filter of his; these are open to everyone.
        const asked = { from, to, ...filter, ...(viewer === 'bob' ? { user_id: app.ids.bob } : {}) };
        expect(await told(viewer, asked)).toBe(expected(viewer, asked));
      }
    },
  );
});

it('pages through all of it, each entry once, newest first', async () => {
  for (const query of ['', '&q=entry']) {
    const seen: number[] = [];
    for (let path = `/entries?from=2000-01-01&to=2199-12-31${query}`; path !== '';) {
      const { text } = await app.as('alice').get(path).expect(200);
      seen.push(...[...text.matchAll(/name="id" value="(\d+)"/g)].map(([, id]) => Number(id)));
      path = /href="([^"]*before_id[^"]*)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    }
    const sorted = entries
      .filter(({ description }) => query === '' || description.startsWith('Entry'))
      .sort((one, other) => {
        if (one.local_date !== other.local_date) return one.local_date < other.local_date ? 1 : -1;
        return other.started_at - one.started_at || other.id - one.id;
      });
    expect(seen).toEqual(sorted.map(({ id }) => id));
  }
});

it('has no place for an anchor that is not theirs', async () => {
  const theirs = entries.find(({ user_id }) => user_id === app.ids.alice)?.id ?? 0;
  const page = await app
    .as('bob')
    .get(`/entries?from=2000-01-01&to=2199-12-31&before_id=${theirs}`)
    .expect(200);
  expect(page.text).not.toContain('name="id"');
});
