import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import type { Deps } from '../../src/deps.ts';
import { createApp } from '../../src/app.ts';
import { elementsOf, parseHtml } from './html.ts';
import type { HtmlElement } from './html.ts';
import type { TestApp } from './app.ts';
import { opened } from './each-file.ts';

export interface RouteOfApp {
  method: string;
  path: string;
}

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
  handle: { stack?: Layer[]; load?: () => Promise<unknown> };
}

/** Every route of the application, as the routers have it, the ones that are imported later as well. */
export async function routesOf(app: Express): Promise<RouteOfApp[]> {
  const read = async (stack: Layer[]): Promise<RouteOfApp[]> => {
    const found = await Promise.all(
      stack.map(async ({ route, handle }) => {
        if (route)
          return Object.keys(route.methods).map((method) => ({
            method: method.toUpperCase(),
            path: route.path,
          }));
        const router = handle.load ? ((await handle.load()) as Layer['handle']) : handle;
        return read(router.stack ?? []);
      }),
    );
    return found.flat();
  };
  return read((app.router as unknown as { stack: Layer[] }).stack);
}

/** True when the path is one that the route's pattern stands for. */
export function matches(route: RouteOfApp, path: string): boolean {
  const pattern = route.path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(path);
}

/** Serves other deps on a port of their own; closed after the test file. */
export async function serve(deps: Deps): Promise<string> {
  const server = createServer(createApp(deps));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Names in an alphabet that no text of ours uses, so that data is told from words. */
export const greek = {
  ...{ client: 'Ωκεανός', project: 'Γέφυρα', ended: 'Λιμάνι', tag: 'βιαστικό', work: 'Σχέδιο τοίχου' },
  ...{ alice: 'Αλίκη', bob: 'Βασίλης', charlie: 'Χάρης' },
};

export interface WorkIds {
  client: number;
  ended_client: number;
  project: number;
  ended_project: number;
  tag: number;
  entry: number;
}

const dayMs = 86_400_000;

/** One of everything, active and archived, with two weeks of alice's time and a timer that has run too long. */
export async function fillWithWork(app: TestApp): Promise<WorkIds> {
  const { db } = app.deps;
  const now = app.clock.now;
  for (const name of ['alice', 'bob', 'charlie'] as const) {
    await db.updateTable('users').set({ name: greek[name] }).where('id', '=', app.ids[name]).execute();
  }
  const id = async (
    table: 'clients' | 'tags' | 'projects',
    name: string,
    more: object = {},
  ): Promise<number> => {
    const row = { name, name_key: name.toLowerCase(), created_at: now, archived_at: null, ...more };
    const inserted = await db
      .insertInto(table)
      .values(row as never)
      .returning('id')
      .executeTakeFirstOrThrow();
    return inserted.id;
  };
  const archived = { archived_at: now - dayMs };
  const client = await id('clients', greek.client);
  const ended_client = await id('clients', greek.ended, archived);
  const look = { color: 'teal', billable: 1 };
  const project = await id('projects', greek.project, { client_id: client, ...look });
  const ended_project = await id('projects', greek.ended, { client_id: ended_client, ...look, ...archived });
  const tag = await id('tags', greek.tag);
  await id('tags', `${greek.tag} β`, archived);
  const entry = await fillWithEntries(app, [project, ended_project, null], tag);
  return { client, ended_client, project, ended_project, tag, entry };
}

async function fillWithEntries(app: TestApp, projects: (number | null)[], tag_id: number): Promise<number> {
  const { db } = app.deps;
  const row = (days_ago: number, hours: number, project_id: number | null) => {
    const started_at = app.clock.now - days_ago * dayMs - 3_600_000 * hours;
    const local_date = new Date(started_at + 3_600_000).toISOString().slice(0, 10);
    return {
      ...{ user_id: app.ids.alice, project_id, description: days_ago % 5 === 4 ? '' : greek.work },
      ...{ started_at, ended_at: started_at + hours * 3_600_000, zone: 'Europe/Berlin', local_date },
      ...{ billable: 1 as const, source: 'manual' as const, created_at: started_at, updated_at: started_at },
    };
  };
  const rows = Array.from({ length: 16 }, (_, index) => row(index + 2, 2, projects[index % 3] ?? null));
  // One over midnight, and one that was started yesterday and is forgotten.
  const running = { ...row(1, 6, projects[0] ?? null), ended_at: null };
  const inserted = await db
    .insertInto('entries')
    .values([...rows, row(3, 20, null), running])
    .returning('id')
    .execute();
  const ids = inserted.map(({ id }) => id);
  await db
    .insertInto('entry_tags')
    .values(ids.slice(0, 6).map((entry_id) => ({ entry_id, tag_id })))
    .execute();
  return ids[0] as number;
}

export interface CrawledPage {
  address: string;
  status: number;
  page: HtmlElement;
}

/**
 * Follows every link of our own from the given pages, at most `perRoute` addresses of a route and set of parameters.
 *
 * @param get - asks for a path and gives status and body; redirects are followed by it.
 */
export async function crawl(
  start: string[],
  get: (path: string) => Promise<{ status: number; html: string }>,
  perRoute = 4,
): Promise<CrawledPage[]> {
  const found: CrawledPage[] = [];
  const seen = new Map<string, number>();
  const waiting = [...start];
  const asked = new Set<string>();
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
    if (asked.has(address)) continue;
    asked.add(address);
    const url = new URL(address, 'http://site');
    const shape = `${url.pathname.replace(/\d+/g, '#')}?${[...url.searchParams.keys()].sort().join('&')}`;
    const times = seen.get(shape) ?? 0;
    if (times >= perRoute) continue;
    seen.set(shape, times + 1);
    const { status, html } = await get(address);
    const page = parseHtml(html);
    found.push({ address, status, page });
    waiting.push(...linksOf(page, address));
  }
  return found;
}

function linksOf(page: HtmlElement, address: string): string[] {
  return [...elementsOf(page)].flatMap(({ name, attributes: { href } }) => {
    if (name !== 'a' || href === undefined || href.startsWith('#')) return [];
    const url = new URL(href, `http://site${address}`);
    return url.host === 'site' ? [url.pathname + url.search] : [];
  });
}
