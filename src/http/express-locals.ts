import type { Request, Response } from 'express';
import type { Locale } from '../i18n/translate.ts';
import type { RequestContext } from '../observability/request-context.ts';
import type { DurationFormat } from '../shared/duration.ts';
import type { ViewFunctions } from './view-functions.ts';

/** Who is signed in, as pages and rules need it. Loaded by the session middleware. */
export interface Person {
  id: number;
  email: string;
  name: string;
  role: 'admin' | 'manager' | 'member';
  locale: Locale;
  time_zone: string;
  week_start: number;
  duration_format: DurationFormat;
  theme: 'system' | 'light' | 'dark';
  /** About product analytics; null follows the browser. */
  analytics_choice: 'in' | 'out' | null;
}

export interface Flash {
  kind: 'success' | 'error' | 'info';
  text: string;
  /** Address to POST to; null when there is nothing to undo. */
  undo_path: string | null;
}

/** The signed-in session; `flash` is the message waiting for the next page. */
export interface Session {
  id: number;
  person: Person;
  flash: Flash | null;
  /** Messages that wait to be read. */
  unread_notices: number;
}

/** What every page is rendered with, beside its own data. */
export interface PageShared extends ViewFunctions {
  locale: Locale;
  theme: Person['theme'];
  nonce: string;
  person: Person | null;
  flash: Flash | null;
  unread_notices: number;
  nav: { href: string; label: string; icon: string; current: boolean }[];
  /** Timer bar; null on signed-out pages. */
  bar: object | null;
  current_path: string;
  version: string;
}

/** Loads what the layout of a page needs, of the request that it answers. */
export type LoadShared = (req: Request, res: Response) => Promise<PageShared>;

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Locals {
      context: RequestContext;
      /** Metric label for answers that no route gives, such as '(static)'. */
      endpoint?: string;
      nonce: string;
      session?: Session;
      person?: Person;
      /** Language of this request: the person's, else the browser's. */
      locale: Locale;
      functions: ViewFunctions;
      /** Loads what every page needs; called once a page is really rendered. */
      loadShared: LoadShared;
    }
  }
}
