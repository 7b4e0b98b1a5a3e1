import type { Db } from '../../db/connect.ts';
import type { Role } from '../../db/schema.ts';
import { foldCase } from '../../shared/text.ts';
import type { ProjectChoice } from '../entries/project-choice.queries.ts';
import {
  listNamesakes,
  listProjectChoices,
  searchProjectChoices,
} from '../entries/project-choice.queries.ts';
import { formatTimerInput, fullName, namesMeant, quote, spellProject } from '../entries/timer-input.ts';
import type { PastWork } from './suggestions.queries.ts';
import { listPastWork, listTagNames, mapTagNames } from './suggestions.queries.ts';

/** A completion of the timer bar. `text` is what the field holds once it is chosen. */
export interface Suggestion {
  kind: 'entry' | 'project' | 'tag' | 'create_project';
  text: string;
  /** What is shown: a description, or the name of a project or tag. */
  description: string;
  project: ProjectChoice | null;
  /** Of an entry: it is no part of the text, so the form sends it beside. */
  task: { id: number; name: string } | null;
  tags: string[];
}

const shownAtMost = 8;
/** Work older than this many entries is not remembered, so that a keystroke costs the same for everybody. */
const pastEntries = 500;
const namesAtMost = 5_000;
/** Projects to choose the best of. */
const foundAtMost = 50;

/** `@name` or `#name` at the end of the text; names may have spaces, so everything after the sign counts. */
const openName = /^(?<before>(?:.* )?)(?<sign>[@#])(?<name>[^@#]*)$/u;

/**
 * What a person may mean by what they typed so far: after `@` projects, after `#` tags, else their own past work.
 */
export async function listSuggestions(
  db: Db,
  person: { id: number; role: Role },
  typed: string,
): Promise<Suggestion[]> {
  const { before = '', sign, name: quoted = '' } = openName.exec(typed)?.groups ?? {};
  const name = quoted.replace(/^"/, '');
  if (sign === '@') return suggestProjects(db, person, before, name);
  if (sign === '#' && (name !== quoted || !name.includes(' '))) return suggestTags(db, before, name);
  return suggestPastWork(db, person, typed);
}

async function suggestProjects(
  db: Db,
  person: { id: number; role: Role },
  before: string,
  name: string,
): Promise<Suggestion[]> {
  const wanted = foldCase(name.trim());
  // What is found or may be named, not all there are; without anything typed, favourites and the first by name.
  const projects =
    wanted === ''
      ? await listProjectChoices(db, person, shownAtMost)
      : await searchProjectChoices(db, person, {
          ...{ wanted, names: namesMeant(`@${name.trim()}`), limit: foundAtMost },
        });
  const others = await listNamesakes(
    db,
    person,
    projects.map((project) => foldCase(project.name)),
  );
  // Behind the name stands its client, so that a client's projects are found as well.
  const found = bestFirst(projects, wanted, fullName).map((project) => {
    const project_name = spellProject(project, others);
    return projectSuggestion(before, project, project_name);
  });
  // "@Website call" is a whole name and then a text: no project to create.
  const named = projects.some((project) => `${wanted} `.startsWith(`${foldCase(project.name)} `));
  if (wanted === '' || named || person.role === 'member') return found;
  const create: Suggestion = {
    kind: 'create_project',
    text: `${before}@${quote(name.trim())}`,
    description: name.trim(),
    ...{ project: null, task: null, tags: [] },
  };
  return [...found, create];
}

function projectSuggestion(before: string, project: ProjectChoice, project_name: string): Suggestion {
  const text = `${before}${formatTimerInput({ description: '', project_name, tag_names: [] })}`;
  return { kind: 'project', text, description: project.name, project, task: null, tags: [] };
}

async function suggestTags(db: Db, before: string, name: string): Promise<Suggestion[]> {
  const names = await listTagNames(db, namesAtMost);
  return bestFirst(names, foldCase(name.trim()), (tag) => tag).map((tag) => ({
    kind: 'tag',
    text: `${before}${formatTimerInput({ description: '', tag_names: [tag] })}`,
    description: tag,
    ...{ project: null, task: null, tags: [tag] },
  }));
}

/** Names that begin with what was typed, then those that contain it. */
function bestFirst<Named>(all: readonly Named[], wanted: string, nameOf: (named: Named) => string): Named[] {
  const begin: Named[] = [];
  const contain: Named[] = [];
  for (const named of all) {
    const place = foldCase(nameOf(named)).indexOf(wanted);
    if (place === 0) begin.push(named);
    else if (place > 0) contain.push(named);
  }
  return [...begin, ...contain].slice(0, shownAtMost);
}

async function suggestPastWork(
  db: Db,
  person: { id: number; role: Role },
  typed: string,
): Promise<Suggestion[]> {
  const words = foldCase(typed)
    .split(' ')
    .filter((word) => word !== '');
  const past = await listPastWork(db, person.id, { scanned: pastEntries, limit: pastEntries });
  const found = past
    .filter(({ description, project_id }) => description !== '' || project_id !== null)
    .filter(({ description, project_name, task_name }) => {
      const text = foldCase(`${description} ${project_name ?? ''} ${task_name ?? ''}`);
      return words.every((word) => text.includes(word));
    })
    .slice(0, shownAtMost);
  const tags = await mapTagNames(
    db,
    found.map(({ id }) => id),
  );
  const others = await listNamesakes(
    db,
    person,
    found.flatMap(({ project_name }) => (project_name === null ? [] : [foldCase(project_name)])),
  );
  return found.map((work) => {
    const { id, description, task_id, task_name } = work;
    const task = task_id === null ? null : { id: task_id, name: task_name ?? '' };
    const tag_names = tags.get(id) ?? [];
    const project = projectOf(work);
    const project_name = project && spellProject(project, others);
    const text = formatTimerInput({ description, project_name, tag_names });
    return { kind: 'entry', text, description, project, task, tags: tag_names };
  });
}

function projectOf({ project_id, project_name, project_color, client_name }: PastWork): ProjectChoice | null {
  if (project_id === null) return null;
  return { id: project_id, name: project_name ?? '', color: project_color ?? '', client_name };
}
