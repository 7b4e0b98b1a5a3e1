import * as z from 'zod';
import { choice, idOf, lastOf, line, optionalId, requiredLine, text } from '../../http/forms.ts';
import { isLocalDate } from '../../shared/calendar.ts';
import { parseDuration } from '../../shared/duration.ts';

export const taskStatuses = ['open', 'in_progress', 'review', 'done'] as const;
export const taskPriorities = ['low', 'normal', 'high', 'urgent'] as const;
/** The longest name of a task, in characters. */
export const taskNameMax = 200;

const usually = (fallback: string) => (value: unknown) =>
  value === undefined || value === '' ? fallback : value;

const dateOrNone = line(20)
  .refine((value) => value === '' || isLocalDate(value), 'form.date')
  .transform((value) => (value === '' ? null : value));

const longestEstimate = 100_000 * 3600;
const estimate = line(50).transform((value, context) => {
  if (value === '') return null;
  const negative = /^[-−]/.test(value);
  const seconds = negative ? undefined : parseDuration(value);
  if (seconds !== undefined && seconds > 0 && seconds <= longestEstimate) return seconds;
  const nothing = /^[\d:.,hm ]*$/.test(value) && !/[1-9]/.test(value);
  const message = negative || nothing ? 'tasks.estimate_positive' : 'tasks.estimate_problem';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

/** The version that the form shows; anything else is no version of ours. */
const version = line(15).transform((value) => (/^\d+$/.test(value) ? Number(value) : undefined));

export const taskForm = z.object({
  name: requiredLine(taskNameMax),
  project_id: optionalId,
  description: text(10_000),
  status: z.preprocess(usually('open'), choice(taskStatuses)),
  priority: z.preprocess(usually('normal'), choice(taskPriorities)),
  assignee_id: optionalId,
  due_date: dateOrNone,
  estimate,
  updated_at: version,
});
export type TaskForm = z.output<typeof taskForm>;

/** Where a task of the board goes: to a column, and there before or after another task; to the top without one. */
export const moveForm = z.object({
  status: lastOf(choice(taskStatuses)),
  before_id: lastOf(optionalId),
  after_id: lastOf(optionalId),
});
export type MoveForm = z.output<typeof moveForm>;

const visibleText = (value: string): boolean => value.trim() !== '';
export const commentForm = z.object({ body: text(10_000).refine(visibleText, 'form.required') });

const assignee = line(20).transform((value, context) => {
  if (value === '' || value === 'me' || value === 'none') return value;
  const id = idOf(value);
  if (id !== undefined) return id;
  context.addIssue({ code: 'custom', message: 'form.choice' });
  return z.NEVER;
});

/** What the list and the board of tasks can be asked. */
export const taskQuery = z.object({
  q: line(120),
  project_id: optionalId,
  client_id: optionalId,
  assignee,
  /** '' is everything that is not done. */
  status: z.preprocess((value) => value ?? '', choice(['', 'all', ...taskStatuses])),
  priority: z.preprocess((value) => value ?? '', choice(['', ...taskPriorities])),
  due: z.preprocess((value) => value ?? '', choice(['', 'overdue', 'week', 'none'])),
  state: z.preprocess(usually('active'), choice(['active', 'archived'])),
  sort: z.preprocess(usually('due'), choice(['due', 'priority', 'name', 'newest'])),
  page: z.preprocess(
    usually('1'),
    z
      .string('form.invalid')
      .regex(/^[1-9]\d{0,4}$/, 'form.invalid')
      .transform(Number),
  ),
});
export type TaskQuery = z.output<typeof taskQuery>;
export const usualTasks: TaskQuery = {
  ...{ q: '', project_id: null, client_id: null, assignee: '', status: '', priority: '', due: '' },
  ...{ state: 'active', sort: 'due', page: 1 },
};

export const newTaskQuery = z.object({ project_id: optionalId, name: line(taskNameMax) });
/** The comment that is edited, and the one before which others are looked at. */
export const commentQuery = z.object({ comment: optionalId, before: optionalId });
