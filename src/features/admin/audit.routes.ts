import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { readForm, sentences, typed } from '../../http/forms.ts';
import { personOf } from '../../http/person.ts';
import { isMessageKey } from '../../i18n/translate.ts';
import { addDays, startOfDay } from '../../shared/calendar.ts';
import { requireAdministrator } from '../access/access.ts';
import { auditSubjects, verifyAudit } from '../audit/audit.ts';
import { auditDetails, auditSubject, instantText } from './audit-details.ts';
import type { AuditWords } from './audit-details.ts';
import { mapAuditNames } from './audit-names.ts';
import { listAudit } from '../audit/audit.queries.ts';
import type { AuditQuery, ListedAudit } from '../audit/audit.queries.ts';
import { auditHref, auditQuery, emptyAuditQuery } from '../audit/audit.forms.ts';
import type { AuditFilter } from '../audit/audit.forms.ts';
import { listPeople } from '../accounts/people.queries.ts';
import { pageSize } from '../work/list-query.ts';

/** The log of what administrators did, and of what anybody did to another person's time. */
export function auditRoutes(deps: Deps): Router {
  const router = Router();
  router.get('/admin/audit', (req, res) => showAudit(deps, req, res));
  router.get('/admin/audit/check', (req, res) => showCheck(deps, req, res));
  return router;
}

async function showAudit(deps: Deps, req: Request, res: Response): Promise<void> {
  const viewer = requireAdministrator(personOf(res));
  const asked = readForm(auditQuery, req.query);
  const filter = asked.ok ? asked.value : emptyAuditQuery;
  const rows = asked.ok ? await listAudit(deps.db, queryOf(filter, viewer.time_zone)) : [];
  const shown = rows.slice(0, pageSize);
  const { functions } = res.locals;
  const { t } = functions;
  const words = {
    functions,
    isMessageKey,
    zone: viewer.time_zone,
    names: await mapAuditNames(deps.db, shown),
  };
  const last = shown.at(-1);
  await deps.page(
    req,
    res,
    'admin/audit',
    {
      ...{ title: t('audit.title'), tab: 'audit', filter, values: typed(req.query) },
      problems: asked.ok ? {} : sentences(asked.problems, t),
      subjects: auditSubjects.map((value) => ({ value, label: t(`audit.subject.${value}`) })),
      people: (await listPeople(deps.db)).map(({ id, name }) => ({ value: id, label: name })),
      rows: shown.map((row) => shownRow(row, words)),
      is_filtered: auditHref(filter) !== '/admin/audit',
      newest_href: filter.before_id === null ? null : auditHref(filter, { before_id: null }),
      older_href: rows.length > pageSize && last ? auditHref(filter, { before_id: last.id }) : null,
    },
    asked.ok ? 200 : 422,
  );
}

function queryOf({ subject, person_id, from, to, before_id }: AuditFilter, zone: string): AuditQuery {
  const next = to === '' ? undefined : addDays(to, 1);
  return {
    subject: subject === '' ? null : subject,
    ...{ person_id, before_id, limit: pageSize + 1 },
    from: from === '' ? null : (startOfDay(from, zone) ?? null),
    to: next === undefined ? null : (startOfDay(next, zone) ?? null),
  };
}

function shownRow(row: ListedAudit, words: AuditWords) {
  const { at, action, actor_id, actor_name, user_id, user_name } = row;
  const { t } = words.functions;
  const key = `audit.action.${action}`;
  return {
    user_id,
    instant: instantText(at, words),
    // An action of another version has no sentence: then its code says it.
    action: isMessageKey(key) ? t(key) : action,
    subject: auditSubject(row, words),
    actor: actor_name ?? (actor_id === null ? t('audit.nobody') : t('audit.gone', { id: actor_id })),
    user: user_id === null || user_id === actor_id ? null : (user_name ?? t('audit.gone', { id: user_id })),
    is_own: user_id !== null && user_id === actor_id,
    details: auditDetails(row, words),
  };
}

/** Recomputes the whole chain. */
async function showCheck(deps: Deps, req: Request, res: Response): Promise<void> {
  requireAdministrator(personOf(res));
  const check = await verifyAudit(deps.db);
  const title = res.locals.functions.t('audit.check_title');
  await deps.page(req, res, 'admin/audit-check', { title, tab: 'audit', check });
}
