import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config/config.ts';
import { buildDeps } from '../src/deps.ts';
import type { HtmlElement } from '../tests/support/html.ts';
import { elementsOf, formsOf, parseHtml } from '../tests/support/html.ts';
import type { Client } from './client.ts';
import { firstId, roles } from './seed.ts';
import type { Walker } from './seed.ts';

export interface Field {
  type: string;
  /** What the page offered. */
  value: string;
}

/** A route, and the fields that forms and links of any page give it. */
export interface Target {
  method: string;
  pattern: string;
  fields: Map<string, Field>;
}

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
  /** `load` imports routes that the application imports with their first request. */
  handle: { stack?: Layer[]; load?: () => Promise<unknown> };
}

/** Every route that the router has, without fields. */
export async function listTargets(folder: string): Promise<Target[]> {
  const deps = await buildDeps(loadConfig({ DATA_DIR: folder, LOG_FILE: '-', LOG_LEVEL: 'error' }));
  const targets = await targetsOf((createApp(deps).router as unknown as { stack: Layer[] }).stack);
  await deps.close();
  const unique = new Map(targets.map((target) => [`${target.method} ${target.pattern}`, target]));
  return [...unique.values()].sort((a, b) => lateness(a) - lateness(b));
}

async function targetsOf(stack: Layer[]): Promise<Target[]> {
  const found = await Promise.all(
    stack.map(async ({ route, handle }) => {
      const router = handle.load ? ((await handle.load()) as Layer['handle']) : handle;
      if (route === undefined) return targetsOf(router.stack ?? []);
      return Object.keys(route.methods).map((method) => ({
        method: method.toUpperCase(),
        pattern: route.path,
        fields: new Map<string, Field>(),
      }));
    }),
  );
  return found.flat();
}

/** What takes something away is asked for last, so that the rest still has something to work on. */
const lateness = ({ method, pattern }: Target): number =>
  method === 'GET'
    ? 0
    : /delete|discard|archive|deactivate|merge|logout|revoke|password|analytics$/.test(pattern)
      ? 2
      : 1;

/** The path of a route for a row that exists; channels and other words have their own. */
export const pathOf = ({ pattern }: Target): string =>
  pattern.replace(/:\w+/g, (name) => (name === ':channel' ? 'errors' : String(firstId)));

const stands = ({ pattern }: Target, path: string): boolean =>
  new RegExp(`^${pattern.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`).test(path);

/** Follows every link as every role, at most three addresses of a kind, and reads every form and every parameter. */
export async function learnFields(
  targets: Target[],
  client: Client,
  cookies: Record<Walker, string>,
): Promise<void> {
  for (const role of roles) {
    const waiting = ['/timer', '/login', '/admin', '/privacy', '/account', '/password/forgot'];
    const asked = new Map<string, number>();
    for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
      const url = new URL(address, 'http://site');
      const kind = `${url.pathname.replace(/\d+/g, '#')}?${[...url.searchParams.keys()].sort().join('&')}`;
      asked.set(kind, (asked.get(kind) ?? 0) + 1);
      if ((asked.get(kind) ?? 0) > 3) continue;
      const answer = await client.send({ method: 'GET', path: address, cookie: cookies[role] });
      if (answer.location !== undefined) waiting.push(...ownPath(answer.location, address));
      if (!answer.type.startsWith('text/html')) continue;
      const page = parseHtml(answer.text);
      waiting.push(...linksOf(page, address));
      learnFrom(targets, page, address);
    }
  }
}

function learnFrom(targets: Target[], page: HtmlElement, address: string): void {
  const learn = (method: string, path: string, fields: [string, Field][]): void => {
    for (const target of targets.filter((one) => one.method === method && stands(one, path)))
      for (const [name, field] of fields) if (!target.fields.get(name)?.value) target.fields.set(name, field);
  };
  const url = new URL(address, 'http://site');
  const parameters = [...url.searchParams].map(([name, value]): [string, Field] => [
    name,
    { type: 'text', value },
  ]);
  learn('GET', url.pathname, parameters);
  for (const form of formsOf(page, address))
    learn(
      form.method.toUpperCase(),
      new URL(form.action, `http://site${address}`).pathname,
      form.fields.map(({ name, type, value }) => [name, { type, value }]),
    );
}

const ownPath = (href: string, address: string): string[] => {
  const url = new URL(href, `http://site${address}`);
  return url.host === 'site' ? [url.pathname + url.search] : [];
};

const linksOf = (page: HtmlElement, address: string): string[] =>
  [...elementsOf(page)].flatMap(({ name, attributes: { href } }) =>
    name === 'a' && href !== undefined && !href.startsWith('#') ? ownPath(href, address) : [],
  );
