import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimerInput, parseTimerInput } from '../../src/features/entries/timer-input.ts';
import type { TimerInput } from '../../src/features/entries/timer-input.ts';
import { cleanLine, foldCase } from '../../src/shared/text.ts';

const PROJECTS = [
  { id: 1, name: 'Acme' },
  { id: 2, name: 'Acme Website' },
  { id: 3, name: 'Straßenbau' },
  { id: 4, name: 'The "New" One' },
  { id: 5, name: 'İstanbul' },
];

describe('parseTimerInput', () => {
  it.each<[string, TimerInput]>([
    ['', { description: '', tag_names: [] }],
    ['Write report', { description: 'Write report', tag_names: [] }],
    ['  Write \t report ', { description: 'Write report', tag_names: [] }],
    ['Call @Acme', { description: 'Call', project_id: 1, tag_names: [] }],
    ['@acme call', { description: 'call', project_id: 1, tag_names: [] }],
    ['@ACME website call', { description: 'call', project_id: 2, tag_names: [] }],
    ['@Acme Webs', { description: 'Webs', project_id: 1, tag_names: [] }],
    ['@STRASSENBAU plan', { description: 'plan', project_id: 3, tag_names: [] }],
    ['@İSTANBUL trip', { description: 'trip', project_id: 5, tag_names: [] }],
    ['x @"acme website" y', { description: 'x y', project_id: 2, tag_names: [] }],
    ['@"The ""New"" One"', { description: '', project_id: 4, tag_names: [] }],
    ['@The "New" One go', { description: 'go', project_id: 4, tag_names: [] }],
    ['ask bob@example.com about C#', { description: 'ask bob@example.com about C#', tag_names: [] }],
    ['@nobody call', { description: '@nobody call', unknown_project: 'nobody', tag_names: [] }],
    ['@"No such" call', { description: '@"No such" call', unknown_project: 'No such', tag_names: [] }],
    [
      '@Acme then @nobody',
      { description: 'then @nobody', project_id: 1, unknown_project: 'nobody', tag_names: [] },
    ],
    ['@Acme then @Straßenbau', { description: '@Acme then', project_id: 3, tag_names: [] }],
    ['@AcmeX', { description: '@AcmeX', unknown_project: 'AcmeX', tag_names: [] }],
    ['fix #bug #v1.2 #a_b-c', { description: 'fix', tag_names: ['bug', 'v1.2', 'a_b-c'] }],
    ['#Bug and #bug', { description: 'and', tag_names: ['Bug'] }],
    ['#über #日本', { description: '', tag_names: ['über', '日本'] }],
    ['fix #123', { description: 'fix #123', tag_names: [] }],
    ['fix #"123"', { description: 'fix', tag_names: ['123'] }],
    ['#"two words" go', { description: 'go', tag_names: ['two words'] }],
    ['#a,b # @ #"" @"" #"open', { description: '#a,b # @ #"" @"" #"open', tag_names: [] }],
    ['#"a"b', { description: '#"a"b', tag_names: [] }],
    ['\\@Acme \\#bug \\\\#x \\n', { description: '@Acme #bug \\#x \\n', tag_names: [] }],
    [
      '#review @Acme Website #Later call',
      { description: 'call', project_id: 2, tag_names: ['review', 'Later'] },
    ],
  ])('%j', (text, expected) => {
    expect(parseTimerInput(text, PROJECTS)).toEqual(expected);
  });

  it('takes the same case first and then the first of two projects with one name', () => {
    const twins = [
      { id: 7, name: 'acme' },
      { id: 8, name: 'Acme' },
    ];
    expect(parseTimerInput('@Acme', twins).project_id).toBe(8);
    expect(parseTimerInput('@ACME', twins).project_id).toBe(7);
  });
});

// Texts made of the pieces that matter, so that nearly every run meets the grammar.
const pieces = fc.constantFrom(
  '@',
  '#',
  '"',
  '""',
  '\\',
  ' ',
  'Acme',
  'acme',
  'Website',
  'bug',
  '12',
  '.',
  ',',
  'ß',
  'ΣΑΣ',
  '👍',
);
const lines = fc
  .oneof(
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
  )
  .map((text) => cleanLine(text, 500))
  .filter((cleaned) => cleaned.ok)
  .map((cleaned) => cleaned.value);
const names = fc.uniqueArray(
  lines.filter((line) => line !== ''),
  { maxLength: 4, selector: foldCase },
);

describe('formatTimerInput', () => {
  it.each([
    [{ description: 'Call', project_name: 'Acme Website', tag_names: ['bug'] }, 'Call #bug @Acme Website'],
    [
      { description: 'fix #123', project_name: null, tag_names: ['two words', '7'] },
      'fix #123 #"two words" #"7"',
    ],
    [{ description: 'ask @Acme', tag_names: [] }, 'ask \\@Acme'],
    [{ description: '', project_name: '"Q"', tag_names: [] }, '@"""Q"""'],
  ])('%j', (entry, text) => {
    expect(formatTimerInput(entry)).toBe(text);
  });

  it('is read back as the same entry', () => {
    fc.assert(
      fc.property(lines, names, names, fc.nat(4), (description, project_names, tag_names, pick) => {
        const projects = project_names.map((name, index) => ({ id: index + 1, name }));
        const project = projects[pick];
        const text = formatTimerInput({ description, project_name: project?.name, tag_names });
        expect(parseTimerInput(text, projects)).toEqual({
          description,
          ...(project && { project_id: project.id }),
          tag_names,
        });
      }),
      { numRuns: 3000 },
    );
  });

  it('and whatever is typed can be shown again', () => {
    fc.assert(
      fc.property(lines, (text) => {
        const read = parseTimerInput(text, PROJECTS);
        const project_name = PROJECTS.find(({ id }) => id === read.project_id)?.name;
        const { unknown_project: _, ...kept } = read;
        expect(parseTimerInput(formatTimerInput({ ...read, project_name }), PROJECTS)).toEqual(kept);
      }),
      { numRuns: 2000 },
    );
  });
});
