import * as z from 'zod';
import { checkbox, choice, line, optionalId } from '../../http/forms.ts';
import { isLocalDate } from '../../shared/calendar.ts';
import { createProjectName, suggestedTask, textMax, version } from '../entries/entries.forms.ts';

export const startForm = z.object({
  text: line(textMax),
  project_id: z.optional(optionalId),
  task_id: z.optional(optionalId),
  suggested_task_id: suggestedTask,
  create_project: createProjectName,
  duration: line(50),
});

/** The timer that the form's page showed; absent in a form that means whichever runs. */
const shownEntry = z.optional(optionalId);

export const runningForm = z.object({
  entry_id: shownEntry,
  updated_at: version,
  text: line(textMax),
  project_id: z.optional(optionalId),
  shown_project_id: z.optional(optionalId),
  task_id: z.optional(optionalId),
  suggested_task_id: suggestedTask,
  create_project: createProjectName,
  started_date: z.optional(line(20)),
  started_time: z.optional(line(20)),
});

/** Epoch ms out of a browser; empty when the timer is simply stopped. */
const instant = line(15).transform((value, context) => {
  if (value === '') return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  context.addIssue({ code: 'custom', message: 'form.invalid' });
  return z.NEVER;
});

export const stopForm = z.object({ entry_id: shownEntry, stopped_at: instant, continue: checkbox });
export const discardForm = z.object({ entry_id: shownEntry });

/** Which part of the entries `/timer` shows. */
export const timerQuery = z.object({
  until: z.optional(z.string().refine(isLocalDate)),
  day: z.optional(z.string().refine(isLocalDate)),
  page: z.optional(z.string().regex(/^[1-9]\d{0,4}$/)).transform((page) => Number(page ?? 1)),
  /** With boxes to select entries, to change several at once. */
  select: z.optional(choice(['1'])).transform((select) => select !== undefined),
});

export const suggestionsQuery = z.object({ q: line(textMax) });
