import { parser as logql } from '@grafana/lezer-logql';
import { parser as promql } from '@prometheus-io/lezer-promql';

interface SyntaxTree {
  iterate: (spec: {
    enter: (node: { name: string; type: { isError: boolean }; from: number; to: number }) => void;
  }) => void;
}

/** Where an expression cannot be read, as text from there on; nothing when it can. */
function errorsOf(tree: SyntaxTree, expression: string): string[] {
  const errors: string[] = [];
  tree.iterate({
    enter: ({ type, from }) => {
      if (type.isError) errors.push(`at ${from}: ${expression.slice(from, from + 40)}`);
    },
  });
  return errors;
}

export const promqlErrors = (expression: string): string[] => errorsOf(promql.parse(expression), expression);

export const logqlErrors = (expression: string): string[] => errorsOf(logql.parse(expression), expression);

/** What a Prometheus expression reads: names of metrics or recorded rules, and names of labels. */
export function namesIn(expression: string): { metrics: string[]; labels: string[] } {
  const metrics = new Set<string>();
  const labels = new Set<string>();
  (promql.parse(expression) as SyntaxTree).iterate({
    enter: ({ name, from, to }) => {
      const text = expression.slice(from, to);
      if (name === 'Identifier') metrics.add(text);
      if (name === 'LabelName') labels.add(text);
    },
  });
  return { metrics: [...metrics], labels: [...labels] };
}

/** Grafana's macros and variables replaced by what they may stand for: the parsers know neither. */
export function withoutMacros(expression: string): string {
  return expression
    .replaceAll(/\$__rate_interval|\$__auto|\$__interval/g, '5m')
    .replaceAll('$__range_s', '21600')
    .replaceAll('$__range', '6h')
    .replaceAll(/\$\{\w+:doublequote\}/g, '".*"')
    .replaceAll(/\$\{?\w+\}?/g, '.*');
}
