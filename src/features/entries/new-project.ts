import type { Person } from '../../http/express-locals.ts';
import type { Problems } from '../../http/forms.ts';
import { foldCase } from '../../shared/text.ts';
import type { Change, RecordInChange } from '../../telemetry/record.ts';
import { mayManageWork } from '../access/access.ts';
import { addNamedProject } from '../projects/projects.ts';
import type { Flags } from '../settings/flags.ts';
import { retryConflict } from '../work/conflicts.ts';
import type { Trx } from './entries.ts';
import type { EntryWhat, TypedWhat } from './entry-text.ts';
import { understandWhat } from './entry-text.ts';
import type { Booking } from './project-choice.queries.ts';

/** What was typed by somebody who may have the project made that the text names. */
export interface TypedWork extends TypedWhat {
  /** The project to make where there is none of that name; empty or undefined for none. */
  create_project?: string | undefined;
}
type Refused = { ok: false; problems: Problems };

/** Whether this person may have a project made by naming it in the text of their time. */
export const mayCreateOnTheWay = (person: Pick<Person, 'role'>, flags: Flags): boolean =>
  flags.projects_on_the_way && mayManageWork(person);

/** Takes the wish for a new project out of what was typed by somebody who may not make one on the way. */
export const creatable = <Work extends TypedWork>(
  person: Pick<Person, 'role'>,
  flags: Flags,
  typed: Work,
): Work => (mayCreateOnTheWay(person, flags) ? typed : { ...typed, create_project: undefined });

/**
 * Understands text and chosen project, and first makes the project that the text names when that was asked for. Nothing
 * is made when anything else is wrong with them.
 *
 * @param entry - `kept_project_id` as for `understandWhat`; `now` is epoch ms.
 */
export async function understandWork(
  trx: Trx,
  record: RecordInChange,
  typed: TypedWork,
  { booking, kept_project_id, now }: { booking: Booking; kept_project_id: number | null; now: number },
): Promise<{ ok: true; what: EntryWhat } | Refused> {
  const understood = await understandWhat(trx, booking, typed, kept_project_id);
  if (understood.ok) return understood;
  const { text } = understood.problems;
  if (text?.key !== 'entry.unknown_project') return understood;
  const { name } = text.values;
  // A text that was changed after the project was agreed to names another one, perhaps by a slip.
  if (foldCase(name) !== foldCase(typed.create_project ?? '')) return understood;
  const added = await addNamedProject(trx, record, { viewer: booking.viewer, name, now });
  const again = await understandWhat(trx, booking, typed, kept_project_id);
  // The name may be taken because somebody else's click was faster: then the project is there now all the same.
  return again.ok || added.ok ? again : { ok: false, problems: { text: added.problem } };
}

/** Understands what was typed for new time and goes on with it in the same change. */
export function changeWithWork<Result extends object>(
  change: Change,
  { booking, typed, now }: { booking: Booking; typed: TypedWork; now: number },
  goOn: (trx: Trx, record: RecordInChange, what: EntryWhat) => Promise<Result>,
): Promise<({ ok: true } & Result) | Refused> {
  return retryConflict(() =>
    change({ user_id: booking.viewer.id }, async (trx, record) => {
      const understood = await understandWork(trx, record, typed, { booking, kept_project_id: null, now });
      if (!understood.ok) return understood;
      return { ok: true as const, ...(await goOn(trx, record, understood.what)) };
    }),
  );
}
