import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, inject, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { alerts, fileOf } from './rules.ts';
import type { Rule } from './rules.ts';

interface TestFile {
  evaluation_interval: string;
  tests: { name: string }[];
}
/** Those that need no recorded rule, the quick ones first. */
const testFiles = ['thresholds', 'jobs', 'days'].map(
  (name) => parse(fileOf(`prometheus/tests/${name}.test.yml`)) as TestFile,
);

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

/** @returns whether promtool sees the difference. */
async function isCaught(folder: string, rule: Rule): Promise<boolean> {
  writeFileSync(
    join(folder, 'rules.yml'),
    stringify({ groups: [{ name: 'one', rules: [rule] }] }, { lineWidth: 0 }),
  );
  for (const [index, file] of testFiles.entries()) {
    const own = file.tests.filter(({ name }) => name.startsWith(`${rule.alert} `));
    if (own.length === 0) continue;
    const path = join(folder, `${index}.yml`);
    writeFileSync(path, stringify({ ...file, rule_files: ['rules.yml'], tests: own }, { lineWidth: 0 }));
    const child = spawn('promtool', ['test', 'rules', path], { stdio: 'ignore' });
    const [code] = (await once(child, 'exit')) as [number];
    if (code !== 0) return true;
  }
  return false;
}

describe.concurrent.each(alerts().map((rule) => [rule.alert ?? '', rule] as const))('%s', (_name, rule) => {
  it(
    'fails a test when any number, window, wait or branch of it is another',
    { timeout: 600_000 },
    async ({ skip }) => {
      if (spawnSync('promtool', ['--version']).error) skip('promtool is not installed');
      const folder = mkdtempSync(join(inject('folder'), 'mutation-'));
      expect(await isCaught(folder, rule)).toBe(false);
      const waits = rule.for === undefined ? [] : [0.5, 2].map((factor) => scaled(rule.for ?? '', factor));
      const mutants: Rule[] = [
        ...mutantsOf(rule.expr).map((expr) => ({ ...rule, expr })),
        ...waits.map((wait) => ({ ...rule, for: wait })),
      ];
      expect(mutants.length).toBeGreaterThan(1);
      const survivors: string[] = [];
      for (const mutant of mutants) {
        if (!(await isCaught(folder, mutant))) survivors.push(`${mutant.expr} for ${mutant.for}`);
      }
      expect(survivors).toEqual([]);
    },
  );
});
