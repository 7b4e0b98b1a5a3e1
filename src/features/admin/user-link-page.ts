import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { personOf } from '../../http/person.ts';
import { localDateOf } from '../../shared/calendar.ts';
import { mailLink } from '../invitations/link-mail.ts';
import { linkPath } from '../invitations/links.ts';
import type { LinkKind, NewLink } from '../invitations/links.ts';
import { originOf } from '../invitations/origin.ts';
import { requirePerson } from '../people/people.ts';

/**
 * Mails a new link where mail is set up, and shows it either way: this once, because the database has only its hash. A
 * mail that does not arrive keeps nobody out then.
 */
export async function sendAndShowLink(
  deps: Deps,
  req: Request,
  res: Response,
  { id, link, kind }: { id: number; link: NewLink; kind: LinkKind },
): Promise<void> {
  const viewer = personOf(res);
  const person = await requirePerson(deps.db, id);
  const origin = originOf(req, deps.config);
  mailLink(deps, link.mail_id);
  const { t, day, clock } = res.locals.functions;
  const expires_day = day(localDateOf(link.expires_at, viewer.time_zone) ?? '', 'long');
  res.setHeader('Cache-Control', 'no-store');
  await deps.page(req, res, 'admin/user-link', {
    title: t(kind === 'invitation' ? 'people.invited_title' : 'people.reset_title', { name: person.name }),
    tab: 'users',
    ...{ user: person, kind, has_mail: deps.mailer.isOn, url: `${origin}${linkPath(kind, link.token)}` },
    expires: `${expires_day}, ${clock(link.expires_at, viewer.time_zone)}`,
  });
}
