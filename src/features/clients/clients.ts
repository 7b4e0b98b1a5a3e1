import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database } from '../../db/schema.ts';
import type { FormResult, Problems } from '../../http/forms.ts';
import { notFound } from '../../shared/errors.ts';
import { foldCase } from '../../shared/text.ts';
import type { Actor, Change, RecordInChange } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import { requireClientRights } from '../access/access.ts';
import { currencyProblems } from '../rates/currency-change.ts';
import { findOwnCurrency } from '../rates/entry-rates.ts';
import { scopeText } from '../rates/rates.ts';
import { deleteRatesOf } from '../rates/rates.queries.ts';
import { retryConflict } from '../work/conflicts.ts';
import { formVersion } from '../work/form-version.ts';
import type { ClientForm } from './clients.forms.ts';
import {
  countRunningOfClient,
  deleteClient,
  findClient,
  findClientByCode,
  findClientByKey,
  findVisibleClient,
  insertClient,
  updateClient,
  updateClientArchived,
} from './clients.queries.ts';
import type { ClientRow } from './clients.queries.ts';

/** The client, seen by the viewer. Throws not found. */
export async function requireClient(db: Db, viewer: Viewer, id: number | undefined): Promise<ClientRow> {
  const client = id === undefined ? undefined : await findVisibleClient(db, viewer, id);
  if (!client) throw notFound('client');
  return client;
}

/** The client, for somebody who wants to change it. Throws not found, and `forbidden` for those who only see it. */
export async function requireManagedClient(
  db: Db,
  viewer: Viewer,
  id: number | undefined,
): Promise<ClientRow> {
  const client = await requireClient(db, viewer, id);
  await requireClientRights(db, viewer, client.id);
  return client;
}

async function requireStored(trx: Db, id: number): Promise<ClientRow> {
  const client = await findClient(trx, id);
  if (!client) throw notFound('client');
  return client;
}

/** @returns the new id, or the problem that name or code are in use. */
export function createClient(
  change: Change,
  viewer: Viewer,
  { form, created_at }: { form: ClientForm; created_at: number },
): Promise<FormResult<number>> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => {
      const problems = await problemsOf(trx, viewer, { form, id: undefined });
      if (Object.keys(problems).length > 0) return { ok: false, problems };
      const made = { created_at, created_by: viewer.id };
      return { ok: true, value: await addClient(trx, record, { ...form, ...made }) };
    }),
  );
}

/** Names are unique for everybody, so one in use is told of; what else there is of that client is not. */
async function problemsOf(
  trx: Db,
  viewer: Viewer,
  { form: { name, code }, id }: { form: ClientForm; id: number | undefined },
): Promise<Problems> {
  const problems: Problems = {};
  const namesake = await findClientByKey(trx, foldCase(name));
  if (namesake && namesake.id !== id) problems['name'] = { key: 'clients.taken' };
  const twin = code === '' ? undefined : await findClientByCode(trx, code);
  if (twin && twin.id !== id)
    problems['code'] = (await findVisibleClient(trx, viewer, twin.id))
      ? { key: 'clients.code_taken', values: { code, name: twin.name } }
      : { key: 'form.code_taken', values: { code } };
  return problems;
}

/** Adds a client inside another change. Name and code must be free. */
export async function addClient(
  trx: Transaction<Database>,
  record: RecordInChange,
  {
    version: _,
    currency_shown: __,
    ...made
  }: { name: string; created_at: number; created_by: number } & Partial<ClientForm>,
): Promise<number> {
  const id = await insertClient(trx, { ...made, name_key: foldCase(made.name), archived_at: null });
  record('client.created', { client_id: id });
  return id;
}

/** Of what a form of a client shows. */
export const versionOf = ({ name, code, description, color, currency }: ClientRow): string =>
  formVersion([name, code, description, color, currency]);

/** Changes a client; a form that shows an older version is refused. Booked time keeps its currency; rates in another one do not count any more. */
export function saveClient(
  change: Change,
  viewer: Viewer,
  { id, form }: { id: number; form: ClientForm },
): Promise<FormResult<number>> {
  return retryConflict(() =>
    change({ user_id: viewer.id }, async (trx, record) => {
      const client = await requireStored(trx, id);
      const { version, currency_shown, ...row } = form;
      if (!['', versionOf(client)].includes(version))
        return { ok: false, problems: { form: { key: 'clients.changed_elsewhere' } } };
      const own = await findOwnCurrency(trx);
      const move = { before: client.currency ?? own, after: form.currency ?? own, client_id: id };
      const problems = {
        ...(await problemsOf(trx, viewer, { form, id })),
        ...(await currencyProblems(trx, move, currency_shown)),
      };
      if (Object.keys(problems).length > 0) return { ok: false, problems };
      const fields = ['name', 'code', 'description', 'color', 'currency'] as const;
      if (fields.some((field) => form[field] !== client[field])) {
        await updateClient(trx, id, { ...row, name_key: foldCase(form.name) });
        record('client.updated', { client_id: id });
      }
      return { ok: true, value: id };
    }),
  );
}

/**
 * Archives or restores. Its projects stay as they are, but those of an archived client are not offered any more.
 *
 * @returns how many timers run on its projects, when that keeps it from being archived.
 */
export async function archiveClient(
  change: Change,
  actor: Actor,
  { id, archived_at, anyway }: { id: number; archived_at: number | null; anyway: boolean },
): Promise<number> {
  return change(actor, async (trx, record) => {
    await requireStored(trx, id);
    const running = archived_at === null || anyway ? 0 : await countRunningOfClient(trx, id);
    if (running === 0 && (await updateClientArchived(trx, id, archived_at)))
      record('client.archived', { client_id: id, archived: archived_at !== null });
    return running;
  });
}

/** @returns false when the client has projects and stays. Its rates go with it. */
export async function removeClient(change: Change, actor: Actor, id: number): Promise<boolean> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      await requireStored(trx, id);
      const deleted = await deleteClient(trx, id);
      if (!deleted) return false;
      await deleteRatesOf(trx, [scopeText({ level: 'client', client_id: id })]);
      record('client.deleted', { client_id: id });
      return true;
    }),
  );
}
