import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatTimerInput,
  namesakes,
  parseTimerInput,
  spellProject,
} from '../../src/features/entries/timer-input.ts';
import type { TimerInput } from '../../src/features/entries/timer-input.ts';
import { cleanLine, foldCase, isVisible } from '../../src/shared/text.ts';

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

  describe('where clients have projects of the same name', () => {
    const twins = [
      { id: 7, name: 'Website', client_name: 'Acme' },
      { id: 8, name: 'website', client_name: 'Beta & Co' },
      { id: 9, name: 'Website', client_name: null },
      { id: 10, name: 'Plan', client_name: 'Acme' },
    ];
    const read = (text: string, preferred_ids: number[] = []) => parseTimerInput(text, twins, preferred_ids);
    const ambiguous_project = { name: 'Website', project_ids: [7, 8, 9] };

    it('the name alone is ambiguous, unless one of them is preferred', () => {
      const text = '@Website call';
      expect(read(text)).toEqual({ description: text, ambiguous_project, tag_names: [] });
      expect(read('@"Website" call')).toMatchObject({ ambiguous_project });
      expect(read(text, [1, 8, 7])).toEqual({ description: 'call', project_id: 8, tag_names: [] });
    });

    it.each([
      ['@Website (Acme) call', 7],
      ['@WEBSITE (beta & co) call', 8],
      ['@"website (Beta & Co)" call', 8],
      ['@Website () call', 9],
      ['call @Plan', 10],
      ['call @Plan (Acme)', 10],
    ])('%j names one', (text, project_id) => {
      expect(read(text)).toEqual({ description: 'call', project_id, tag_names: [] });
      expect(read(text, [7])).toMatchObject({ project_id });
    });

    it('a client without such a project is text behind the name', () => {
      expect(read('@Plan (Beta)')).toEqual({ description: '(Beta)', project_id: 10, tag_names: [] });
    });

    it('each is spelled as it is read', () => {
      const spelled = twins.map((project) => spellProject(project, namesakes(twins.slice(0, 3), project.id)));
      expect(spelled).toEqual(['Website (Acme)', 'website (Beta & Co)', 'Website ()', 'Plan']);
    });
  });

  it('a tag that cannot be seen is text', () => {
    expect(readTags('#\u3164 #"\u200B" #a\u200Db')).toEqual(['a\u200Db']);
  });
});

const readTags = (text: string) => parseTimerInput(text, []).tag_names;

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
const names = fc.uniqueArray(lines.filter(isVisible), { maxLength: 4, selector: foldCase });

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

  it('is read back as the same project where others have its name, whoever the clients are', () => {
    const clients = fc.option(lines.filter((line) => line !== '' && !/[()]/.test(line)));
    const twins = fc.tuple(
      lines.filter((line) => isVisible(line) && !/[()]/.test(line)),
      fc.uniqueArray(clients, { minLength: 2, maxLength: 4, selector: (name) => foldCase(name ?? '') }),
    );
    fc.assert(
      fc.property(lines, twins, fc.nat(3), (description, [name, client_names], pick) => {
        const projects = client_names.map((client_name, index) => ({ id: index + 1, name, client_name }));
        const project = projects[pick % projects.length];
        if (!project) return;
        const text = formatTimerInput({
          description,
          project_name: spellProject(project, projects),
          tag_names: [],
        });
        const expected = { description, project_id: project.id, tag_names: [] };
        expect(parseTimerInput(text, projects)).toEqual(expected);
        expect(parseTimerInput(text, projects, [project.id])).toEqual(expected);
      }),
      { numRuns: 2000 },
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
