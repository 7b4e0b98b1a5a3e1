import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, inject, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { alerts, casesOfOneAlert, fileOf } from './rules.ts';
import type { Rule } from './rules.ts';

interface TestFile {
  evaluation_interval: string;
  tests: {
    name: string;
    alert_rule_test?: { alertname: string }[];
    promql_expr_test?: { expr: string }[];
  }[];
}
const testFiles = casesOfOneAlert.map((path) => parse(fileOf(path)) as TestFile);

interface SyntaxNode {
  name: string;
  from: number;
  to: number;
  firstChild: SyntaxNode | null;
  lastChild: SyntaxNode | null;
}
interface SyntaxTree {
  iterate: (spec: { enter: (node: { node: SyntaxNode }) => void }) => void;
}

const scaled = (duration: string, factor: number): string => {
  const unit = duration.at(-1) ?? '';
  const seconds = Number.parseInt(duration) * ({ s: 1, m: 60, h: 3600, d: 86_400 }[unit] ?? Number.NaN);
  return `${seconds * factor}s`;
};

/** Numbers half as large again and two thirds; a limit of none also some. */
const otherNumbers = (number: string): string[] =>
  number === '0' ? ['5', '-1'] : [String(Number(number) * 1.5), String(Number(number) / 1.5)];

/** The expression with one number, window or branch changed: every such expression, once. */
function mutantsOf(expression: string): string[] {
  const mutants = new Set<string>();
  const put = (node: SyntaxNode, text: string): void => {
    mutants.add(`${expression.slice(0, node.from)}${text}${expression.slice(node.to)}`);
  };
  const textOf = (node: SyntaxNode): string => expression.slice(node.from, node.to);
  (parser.parse(expression) as SyntaxTree).iterate({
    enter: ({ node }) => {
      const text = textOf(node);
      if (node.name === 'NumberDurationLiteral' || node.name === 'NumberLiteral') {
        if (/^\d+[smhd]$/.test(text)) for (const factor of [0.5, 2]) put(node, scaled(text, factor));
        else for (const other of otherNumbers(text)) put(node, other);
      } else if (node.name === 'NumberDurationLiteralInDurationContext') {
        for (const factor of [0.5, 2]) put(node, scaled(text, factor));
      } else if (node.name === 'BinaryExpr' && /^(and|or|unless)$/i.test(operatorOf(node, textOf))) {
        for (const side of [node.firstChild, node.lastChild]) if (side) put(node, `(${textOf(side)})`);
      }
    },
  });
  mutants.delete(expression);
  return [...mutants];
}

/** What stands between the two sides, without `on (…)`. */
function operatorOf(node: SyntaxNode, textOf: (node: SyntaxNode) => string): string {
  const [left, right] = [node.firstChild, node.lastChild];
  if (!left || !right) return '';
  return (
    textOf({ ...node, from: left.to, to: right.from })
      .trim()
      .split(/\s/)[0] ?? ''
  );
}

/**
 * Cases of an alert, asked of many rules at once. They stand side by side under names of their own, because most of what
 * promtool does, it does once a run.
 */
function casesFor({ tests }: TestFile, alert: string, names: readonly string[]): object[] {
  const own = tests.filter(({ name }) => name.startsWith(`${alert} `));
  return own.map(({ alert_rule_test = [], promql_expr_test = [], ...rest }) => ({
    ...rest,
    alert_rule_test: names.flatMap((alertname) => alert_rule_test.map((asked) => ({ ...asked, alertname }))),
    promql_expr_test: names.flatMap((name) =>
      promql_expr_test.map(({ expr, ...asked }) => ({
        ...asked,
        expr: expr.replaceAll(`"${alert}"`, `"${name}"`),
      })),
    ),
  }));
}

/** @returns those of the rules with which no case of the file goes otherwise. */
async function survivorsOf(file: TestFile, rules: readonly Rule[], folder: string): Promise<Rule[]> {
  const named = rules.map((rule, index) => ({ ...rule, alert: `Rule${index}` }));
  const tests = casesFor(
    file,
    rules[0]?.alert ?? '',
    named.map(({ alert }) => alert),
  );
  if (tests.length === 0) return [...rules];
  const write = (name: string, content: object): string => {
    writeFileSync(join(folder, name), stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }));
    return join(folder, name);
  };
  write('rules.yml', { groups: [{ name: 'all', rules: named }] });
  const path = write('test.yml', { ...file, rule_files: ['rules.yml'], tests });
  const child = spawn('promtool', ['test', 'rules', path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'exit')) as [number];
  if (code === 0) return [...rules];
  const seen = new Set(
    [...(await said).join('').matchAll(/^ *(?:alertname|rule|expr): .*?\b(Rule\d+)\b/gm)].map(
      ([, name]) => name,
    ),
  );
  const left = rules.filter((_rule, index) => !seen.has(`Rule${index}`));
  if (left.length < rules.length) return survivorsOf(file, left, folder);
  // It named none, as where a rule cannot be read: which one it is shows by halves.
  if (rules.length === 1) return [];
  const middle = Math.ceil(rules.length / 2);
  const first = await survivorsOf(file, rules.slice(0, middle), folder);
  return [...first, ...(await survivorsOf(file, rules.slice(middle), folder))];
}

/** In every file, the quick ones first: what one saw is not asked of the next. */
async function survivorsOfAll(rules: Rule[], folder: string): Promise<Rule[]> {
  let left = rules;
  for (const file of testFiles) left = left.length === 0 ? [] : await survivorsOf(file, left, folder);
  return left;
}

describe.concurrent.each(alerts().map((rule) => [rule.alert ?? '', rule] as const))('%s', (_name, rule) => {
  it(
    'fails a test when any number, window, wait or branch of it is another',
    { timeout: 600_000 },
    async ({ skip }) => {
      if (spawnSync('promtool', ['--version']).error) skip('promtool is not installed');
      const folder = mkdtempSync(join(inject('folder'), 'mutation-'));
      const waits = rule.for === undefined ? [] : [0.5, 2].map((factor) => scaled(rule.for ?? '', factor));
      const mutants: Rule[] = [
        ...mutantsOf(rule.expr).map((expr) => ({ ...rule, expr })),
        ...waits.map((wait) => ({ ...rule, for: wait })),
      ];
      expect(mutants.length).toBeGreaterThan(1);
      // The rule as it is among them: its cases go as they should, and it is the others that are seen.
      const survivors = await survivorsOfAll([...mutants, rule], folder);
      expect(survivors.map((mutant) => `${mutant.expr} for ${mutant.for}`)).toEqual([
        `${rule.expr} for ${rule.for}`,
      ]);
    },
  );
});
