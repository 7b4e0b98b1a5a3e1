import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { answerInvalid, idOf, readForm, sentences, typed } from '../../http/forms.ts';
import type { Problems } from '../../http/forms.ts';
import { personOf, sessionOf } from '../../http/person.ts';
import type { MessageKey } from '../../i18n/translate.ts';
import { findEntryScope, managesClient } from '../access/access.queries.ts';
import { mayManageWork, requireWorkRights } from '../access/access.ts';
import { addDays } from '../../shared/calendar.ts';
import { listCurrencies } from '../../shared/money.ts';
import { setFlash } from '../accounts/sessions.ts';
import { listWorkMonths, listWorkPeople } from '../budgets/budgets.queries.ts';
import { figuresOf } from '../budgets/figures.ts';
import { usesOfProjects } from '../budgets/uses-of-projects.ts';
import { shownLoss } from '../rates/currency-change.ts';
import { listOpenTasks } from '../tasks/open-tasks.ts';
import { taskDates } from '../tasks/tasks.ts';
import { currentRanges } from '../work/current-ranges.ts';
import { firstPage, listQuery, pageOf, pageSize } from '../work/list-query.ts';
import { returnTo } from '../work/return-to.ts';
import { archiveClientForm, clientForm } from './clients.forms.ts';
import {
  countProjectsByClient,
  listClientEntries,
  listClients,
  listProjectsOfClient,
  sumClientRange,
} from './clients.queries.ts';
import type { ClientRow } from './clients.queries.ts';
import {
  archiveClient,
  createClient,
  removeClient,
  requireClient,
  requireManagedClient,
  saveClient,
  versionOf,
} from './clients.ts';

export function clientRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/clients', (req, res) => showList(deps, req, res));
  router.get('/clients/new', (req, res) => showNew(deps, req, res));
  router.post('/clients', (req, res) => create(deps, req, res));
  router.get('/clients/:id', (req, res) => showClient(deps, req, res));
  router.get('/clients/:id/edit', (req, res) => showEdit(deps, req, res));
  router.post('/clients/:id', (req, res) => save(deps, req, res));
  router.post('/clients/:id/archive', (req, res) => archive(deps, req, res));
  router.post('/clients/:id/restore', (req, res) => restore(deps, req, res));
  router.post('/clients/:id/delete', (req, res) => remove(deps, req, res));
  return router;
}

async function showList(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const asked = readForm(listQuery, req.query);
  const query = asked.ok ? asked.value : firstPage;
  const list = pageOf('/clients', query, asked.ok ? await listClients(deps.db, person, query) : []);
  const counts = await countProjectsByClient(
    deps.db,
    person,
    list.rows.map(({ id }) => id),
  );
  const { t } = res.locals.functions;
  await deps.page(
    req,
    res,
    'clients/index',
    {
      title: t('nav.clients'),
      may_manage: mayManageWork(person),
      list,
      query,
      values: typed(req.query),
      problems: asked.ok ? {} : sentences(asked.problems, t),
      clients: list.rows.map((client) => ({ ...client, projects: counts.get(client.id) ?? 0 })),
    },
    asked.ok ? 200 : 422,
  );
}

async function showNew(deps: Deps, req: Request, res: Response): Promise<void> {
  requireWorkRights(personOf(res));
  const { name = '' } = typed(req.query);
  await showForm(deps, req, res, { client: null, values: { name }, problems: {} });
}

async function create(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = requireWorkRights(personOf(res));
  const form = readForm(clientForm, req.body);
  const created = form.ok
    ? await createClient(deps.change, person, { form: form.value, created_at: deps.now() })
    : form;
  if (!created.ok) return answerForm(deps, req, res, { client: null, problems: created.problems });
  await tell(deps, res, 'clients.created', null);
  res.redirect(303, returnTo(req, '/clients'));
}

async function showClient(deps: Deps, req: Request, res: Response): Promise<void> {
  const client = await requireClient(deps.db, personOf(res), idOf(req.params['id']));
  await showClientPage(deps, req, res, { client });
}

/** The page of a client: figures of everybody for those who manage it, else what the person sees. */
async function showClientPage(
  deps: Deps,
  req: Request,
  res: Response,
  { client, refused }: { client: ClientRow; refused?: string },
): Promise<void> {
  const person = personOf(res);
  const { db } = deps;
  const { id: client_id } = client;
  const { week, month } = currentRanges(person, deps.now());
  const may_manage = await managesClient(db, person, client_id);
  const this_month = month.from.slice(0, 7);
  const figures = figuresOf(await listWorkMonths(db, person, { client_id }), this_month);
  const since = addDays(week.from, -28) ?? week.from;
  const asked = readForm(listQuery, req.query);
  const query = asked.ok ? asked.value : firstPage;
  const project_count = (await countProjectsByClient(db, person, [client_id])).get(client_id) ?? 0;
  const list = pageOf(
    `/clients/${client_id}`,
    query,
    await listProjectsOfClient(db, person, { client_id, month: this_month, query }),
  );
  const currency = client.currency ?? (await deps.settings.read()).currency;
  const { today } = taskDates(person, deps.now());
  const data = {
    title: client.name,
    may_manage,
    sees: may_manage ? ('all' as const) : (await findEntryScope(db, person)).sees,
    may_price: person.role === 'admin',
    client,
    figures,
    week_seconds: await sumClientRange(db, person, { client_id, ...week }),
    people: await listWorkPeople(db, person, { work: { client_id }, month: this_month }),
    ...{ list, query, project_count, values: typed(req.query) },
    has_search: project_count > pageSize,
    problems: asked.ok ? {} : sentences(asked.problems, res.locals.functions.t),
    projects: list.rows,
    budgets: await usesOfProjects(db, list.rows, { currencyOf: () => currency, today }),
    tasks: await listOpenTasks(db, person, { work: { client_id }, today }),
    entries: await listClientEntries(db, person, { client_id, since }),
    refused: refused ?? null,
  };
  await deps.page(req, res, 'clients/show', data, refused === undefined && asked.ok ? 200 : 422);
}

async function showEdit(deps: Deps, req: Request, res: Response): Promise<void> {
  const client = await requireManagedClient(deps.db, personOf(res), idOf(req.params['id']));
  await showForm(deps, req, res, { client, values: valuesOf(client), problems: {} });
}

const valuesOf = ({ name, code, description, color, currency }: ClientRow): Record<string, string> => ({
  ...{ name, code, description, color, currency: currency ?? '' },
});

async function save(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const client = await requireManagedClient(deps.db, person, idOf(req.params['id']));
  const form = readForm(clientForm, req.body);
  const saved = form.ok ? await saveClient(deps.change, person, { form: form.value, id: client.id }) : form;
  if (!saved.ok) return answerForm(deps, req, res, { client, problems: saved.problems });
  await tell(deps, res, 'clients.saved', null);
  res.redirect(303, returnTo(req, `/clients/${client.id}`));
}

async function archive(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const client = await requireManagedClient(deps.db, person, idOf(req.params['id']));
  const form = readForm(archiveClientForm, req.body);
  const change = { id: client.id, archived_at: deps.now(), anyway: form.ok && form.value.anyway };
  const running = await archiveClient(deps.change, { user_id: person.id }, change);
  if (running > 0)
    return answerInvalid(req, res, { form: { key: 'clients.runs', values: { running } } }, (told) =>
      showClientPage(deps, req, res, { client, refused: told['form'] ?? '' }),
    );
  await tell(deps, res, 'clients.archived', `/clients/${client.id}/restore`);
  res.redirect(303, returnTo(req, `/clients/${client.id}`));
}

async function restore(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const client = await requireManagedClient(deps.db, person, idOf(req.params['id']));
  await archiveClient(
    deps.change,
    { user_id: person.id },
    { id: client.id, archived_at: null, anyway: true },
  );
  await tell(deps, res, 'clients.restored', null);
  res.redirect(303, returnTo(req, `/clients/${client.id}`));
}

async function remove(deps: Deps, req: Request, res: Response): Promise<void> {
  const person = personOf(res);
  const client = await requireManagedClient(deps.db, person, idOf(req.params['id']));
  const removed = await removeClient(deps.change, { user_id: person.id }, client.id);
  if (!removed)
    return answerForm(deps, req, res, { client, problems: { form: { key: 'clients.has_projects' } } });
  await tell(deps, res, 'clients.deleted', null);
  res.redirect(303, '/clients');
}

/** The form again with the problems and what was typed. */
function answerForm(
  deps: Deps,
  req: Request,
  res: Response,
  { client, problems }: { client: ClientRow | null; problems: Problems },
): Promise<void> {
  return answerInvalid(req, res, problems, (told, values) =>
    showForm(deps, req, res, {
      client,
      values: { ...(client ? valuesOf(client) : {}), ...values, currency_shown: shownLoss(problems) },
      problems: told,
    }),
  );
}

interface FormData {
  client: ClientRow | null;
  values: Record<string, string | undefined>;
  problems: Record<string, string>;
}

async function showForm(deps: Deps, req: Request, res: Response, data: FormData): Promise<void> {
  const { t } = res.locals.functions;
  const { client, problems } = data;
  const counts = await countProjectsByClient(deps.db, personOf(res), client ? [client.id] : []);
  const invalid = Object.keys(problems).length > 0;
  await deps.page(
    req,
    res,
    'clients/form',
    {
      ...data,
      title: client ? t('clients.edit') : t('clients.new'),
      // After a conflict was told, of what is stored now: saving again replaces that.
      version: client ? ((problems['form'] ? undefined : data.values['version']) ?? versionOf(client)) : '',
      projects: client ? (counts.get(client.id) ?? 0) : 0,
      currencies: listCurrencies(),
      own_currency: (await deps.settings.read()).currency,
    },
    invalid ? 422 : 200,
  );
}

const tell = (deps: Deps, res: Response, key: MessageKey, undo_path: string | null): Promise<void> =>
  setFlash(deps.db, sessionOf(res), { kind: 'success', text: res.locals.functions.t(key), undo_path });
