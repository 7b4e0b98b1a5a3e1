import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formsLeftOut, missing, pagesLeftOut } from '../../audit/left-out.ts';

const root = join(import.meta.dirname, '../..');
const all = [...formsLeftOut, ...pagesLeftOut];

describe('what the privacy audit leaves out', () => {
  it.each(all)('$route has a reason, and the test that it names', ({ why, tested }) => {
    expect(why).not.toBe('');
    // A reason that leaves the looking to the tests has to say to which one: they are moved and renamed.
    expect(/\btests?\b/.test(why)).toBe(false);
    if (!tested) return;
    const path = join(root, tested.file);
    expect(existsSync(path), tested.file).toBe(true);
    expect(readFileSync(path, 'utf8')).toMatch(new RegExp(`\\b(it|test)\\('${escaped(tested.name)}',`));
  });

  it('names a test for every form that no run takes', () => {
    const takenElsewhere = ['POST /setup', 'POST /admin/telemetry/:channel/mode'];
    const untested = formsLeftOut.filter(({ tested }) => tested === undefined).map(({ route }) => route);
    expect(untested).toEqual(takenElsewhere);
  });
});

describe('the routes of a walk', () => {
  const leftOut = [{ route: 'POST /c', why: 'cannot be' }];
  it.each<[string, string[], string[], string[]]>([
    ['are complete when each was done or is left out', ['POST /a', 'POST /c'], ['POST /a'], []],
    ['miss what was not done', ['POST /a', 'POST /b', 'POST /c'], ['POST /a'], ['POST /b']],
    [
      'leave out nothing that was done',
      ['POST /a', 'POST /c'],
      ['POST /a', 'POST /c'],
      ['POST /c need not be left out'],
    ],
    [
      'leave out nothing that is not there',
      ['POST /a'],
      ['POST /a'],
      ['POST /c is left out, and is no route'],
    ],
  ])('%s', (_what, routes, done, problems) => {
    expect(missing(routes, new Set(done), leftOut)).toEqual(problems);
  });
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
