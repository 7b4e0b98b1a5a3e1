import * as z from 'zod';
import { checkbox, choice, lastOf, line, optionalId } from '../../http/forms.ts';

/** The longest text of the bar and of an entry's form, in characters. */
export const textMax = 500;

/** The project to make, when the text names one that does not exist; only heeded for those who may. */
export const createProjectName = z.optional(lastOf(line(textMax)));

/** The task of the suggestion that was taken: heeded as long as the rest still names its project. */
export const suggestedTask = z.optional(lastOf(optionalId));

/** Time that is added by hand. Which times must be there is for `understandTimes` to say. */
export const addForm = z.object({
  /** Whose time it is; empty or missing for one's own. */
  user_id: z.optional(optionalId),
  text: line(textMax),
  project_id: z.optional(optionalId),
  task_id: z.optional(optionalId),
  suggested_task_id: suggestedTask,
  create_project: createProjectName,
  local_date: line(20),
  started_time: line(20),
  ended_time: line(20),
  duration: line(50),
  /** Empty is what the project says. */
  billable: z.optional(choice(['', '1', '0'])),
});

/** The version that the form shows; the database's own value, so anything else is no version of ours. */
export const version = line(15).transform((value) => (/^\d+$/.test(value) ? Number(value) : undefined));

/** A change of an entry: a time field that is missing changes nothing. */
export const editForm = z.object({
  text: line(textMax),
  project_id: z.optional(optionalId),
  task_id: z.optional(optionalId),
  suggested_task_id: suggestedTask,
  create_project: createProjectName,
  local_date: z.optional(line(20)),
  started_time: z.optional(line(20)),
  ended_time: z.optional(line(20)),
  duration: z.optional(line(50)),
  /** Absent when the form has no box: forms with a box send a hidden 0 before it. */
  billable: z.optional(checkbox),
  updated_at: version,
});

/** Times of a form under way; a field that is missing is one that the form does not have. */
export const timesQuery = z.object({
  local_date: z.optional(line(20)),
  started_time: z.optional(line(20)),
  ended_time: z.optional(line(20)),
  duration: z.optional(line(50)),
});
