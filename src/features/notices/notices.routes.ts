import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { idOf, readForm } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { AppError, notFound } from '../../shared/errors.ts';
import { pageSize } from '../work/list-query.ts';
import { returnTo } from '../work/return-to.ts';
import { noticesQuery } from './notices.forms.ts';
import { namesOf } from './notice-names.ts';
import { hasNotice, listNotices, updateNoticesRead } from './notices.queries.ts';
import { noticeHref, noticeText, readNotice } from './notices.ts';

export function noticeRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/notices', (req, res) => showNotices(deps, req, res));
  router.post('/notices/read', (req, res) => readAll(deps, req, res));
  router.post('/notices/:id/read', (req, res) => readOne(deps, req, res));
  return router;
}

async function showNotices(deps: Deps, req: Request, res: Response): Promise<void> {
  const query = readForm(noticesQuery, req.query);
  if (!query.ok) throw new AppError('bad_request', 'notices_query');
  const { page } = query.value;
  const person = personOf(res);
  const { functions } = res.locals;
  const rows = await listNotices(deps.db, person.id, page);
  const read = rows.slice(0, pageSize).flatMap((row) => {
    const notice = readNotice(row.kind, row.content);
    return notice ? [{ row, notice }] : [];
  });
  const names = await namesOf(
    deps.db,
    person,
    read.map(({ notice }) => notice),
  );
  await deps.page(req, res, 'notices/index', {
    title: functions.t('notices.title'),
    notices: read.map(({ row, notice }) => ({
      ...{ id: row.id, is_unread: row.read_at === null, created_at: row.created_at },
      local_date: localDateOf(row.created_at, person.time_zone) ?? '',
      text: noticeText(notice, names, functions),
      href: noticeHref(notice, names),
    })),
    page,
    previous_href: page > 1 ? `/notices?page=${page - 1}` : null,
    next_href: rows.length > pageSize ? `/notices?page=${page + 1}` : null,
  });
}

async function readAll(deps: Deps, req: Request, res: Response): Promise<void> {
  const { id: user_id } = personOf(res);
  await markRead(deps, user_id, null);
  res.redirect(303, returnTo(req, '/notices'));
}

async function readOne(deps: Deps, req: Request, res: Response): Promise<void> {
  const id = idOf(req.params['id']);
  const { id: user_id } = personOf(res);
  if (id === undefined || !(await hasNotice(deps.db, user_id, id))) throw notFound('notice');
  await markRead(deps, user_id, id);
  res.redirect(303, returnTo(req, '/notices'));
}

const markRead = (deps: Deps, user_id: number, id: number | null): Promise<void> =>
  deps.change({ user_id }, async (trx, record) => {
    const row_count = await updateNoticesRead(trx, { user_id, id, read_at: deps.now() });
    if (row_count > 0) record('notice.read', { row_count });
  });
