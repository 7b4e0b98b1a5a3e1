import type { Transaction } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { Database } from '../../db/schema.ts';
import type { FormResult } from '../../http/forms.ts';
import { notFound } from '../../shared/errors.ts';
import { foldCase } from '../../shared/text.ts';
import type { Actor, Change, RecordInChange } from '../../telemetry/record.ts';
import type { Viewer } from '../access/access.queries.ts';
import { requireClientRights } from '../access/access.ts';
import { retryConflict } from '../work/conflicts.ts';
import type { ClientForm } from './clients.forms.ts';
import {
  deleteClient,
  findClient,
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

/** @returns the new id, or the problem that the name is in use. */
export function createClient(
  change: Change,
  actor: Actor,
  form: ClientForm & { created_at: number },
): Promise<FormResult<number>> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      if (await findClientByKey(trx, foldCase(form.name)))
        return { ok: false, problems: { name: { key: 'clients.taken' } } };
      return { ok: true, value: await addClient(trx, record, form) };
    }),
  );
}

/** Adds a client inside another change. The name must be free. */
export async function addClient(
  trx: Transaction<Database>,
  record: RecordInChange,
  { name, created_at }: ClientForm & { created_at: number },
): Promise<number> {
  const id = await insertClient(trx, { name, name_key: foldCase(name), created_at, archived_at: null });
  record('client.created', { client_id: id });
  return id;
}

export function renameClient(
  change: Change,
  actor: Actor,
  { id, name }: ClientForm & { id: number },
): Promise<FormResult<number>> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      const client = await requireStored(trx, id);
      const other = await findClientByKey(trx, foldCase(name));
      if (other && other.id !== id) return { ok: false, problems: { name: { key: 'clients.taken' } } };
      if (name !== client.name) {
        await updateClient(trx, id, { name, name_key: foldCase(name) });
        record('client.updated', { client_id: id });
      }
      return { ok: true, value: id };
    }),
  );
}

/** Archives or restores. Its projects stay as they are, but those of an archived client are not offered any more. */
export async function archiveClient(
  change: Change,
  actor: Actor,
  { id, archived_at }: { id: number; archived_at: number | null },
): Promise<void> {
  await change(actor, async (trx, record) => {
    await requireStored(trx, id);
    if (await updateClientArchived(trx, id, archived_at))
      record('client.archived', { client_id: id, archived: archived_at !== null });
  });
}

/** @returns false when the client has projects and stays. */
export async function removeClient(change: Change, actor: Actor, id: number): Promise<boolean> {
  return retryConflict(() =>
    change(actor, async (trx, record) => {
      await requireStored(trx, id);
      const deleted = await deleteClient(trx, id);
      if (deleted) record('client.deleted', { client_id: id });
      return deleted;
    }),
  );
}
