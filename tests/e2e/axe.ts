import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { elementsOf, parseHtml } from '../support/html.ts';

/** Follows the links from page to page: one address of each kind, and of each page two sets of parameters. */
export async function visitEveryPage(page: Page): Promise<void> {
  const visited = new Map<string, Set<string>>();
  const waiting = ['/timer', '/account', '/privacy', '/admin/telemetry'];
  const found: string[] = [];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const { pathname, searchParams } = new URL(path, page.url());
    const kind = pathname.replace(/\d+/g, '#');
    const parameters = [...searchParams.keys()].sort().join('&');
    const seen = visited.get(kind) ?? new Set();
    if (seen.has(parameters) || seen.size >= 2 || /\.(csv|jsonl?)$/.test(kind)) continue;
    visited.set(kind, seen.add(parameters));
    const answer = await page.goto(path);
    if (answer?.ok() !== true) found.push(`${path} answered ${answer?.status() ?? 'nothing'}`);
    found.push(...(await violations(page)));
    waiting.push(...linksOf(await page.content()));
  }
  expect([...new Set(found)]).toEqual([]);
  expect(visited.size).toBeGreaterThan(30);
}

const linksOf = (html: string): string[] =>
  [...elementsOf(parseHtml(html))].flatMap(({ name, attributes: { href } }) =>
    name === 'a' && href?.startsWith('/') ? [href] : [],
  );

/** What axe finds, one line each: the page, the rule and the element. */
export async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  const path = new URL(page.url()).pathname.replace(/\d+/g, '#');
  return found.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary = '' }) => `${path} ${id} ${target.join(' ')}: ${reasonOf(failureSummary)}`,
    ),
  );
}

const reasonOf = (summary: string): string => summary.split('\n')[1]?.trim().slice(0, 160) ?? '';
