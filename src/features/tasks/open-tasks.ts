import type { Db } from '../../db/connect.ts';
import type { Viewer } from '../access/access.queries.ts';
import { describeTask } from './task-page.ts';
import type { ShownTask } from './task-page.ts';
import { usualTasks } from './tasks.forms.ts';
import { listTasks, sumTaskTime } from './tasks.queries.ts';

const shownAtMost = 10;

/** The open tasks of a project or a client that are due next, for its page. */
export async function listOpenTasks(
  db: Db,
  viewer: Viewer,
  { work, today }: { work: { project_id: number } | { client_id: number }; today: string },
): Promise<{ rows: ShownTask[]; has_more: boolean }> {
  const tasks = await listTasks(db, viewer, { ...usualTasks, ...work, today, week_end: today });
  const shown = tasks.slice(0, shownAtMost);
  const times = await sumTaskTime(
    db,
    viewer,
    shown.map(({ id }) => id),
  );
  const rows = shown.map((task) => describeTask(task, times.get(task.id) ?? 0, today));
  return { rows, has_more: tasks.length > shownAtMost };
}
