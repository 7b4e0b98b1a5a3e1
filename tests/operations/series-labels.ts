import { parser as logql } from '@grafana/lezer-logql';
import { parser as promql } from '@prometheus-io/lezer-promql';

/**
 * Which labels the series have that an expression answers with, followed from its selectors outwards: so a label counts as known
 * where the very series have it that it is asked of, and what a legend names can be compared with what comes out.
 */

interface SyntaxNode {
  name: string;
  from: number;
  to: number;
  firstChild: SyntaxNode | null;
  nextSibling: SyntaxNode | null;
  getChild: (name: string) => SyntaxNode | null;
  getChildren: (name: string) => SyntaxNode[];
}
interface SyntaxTree {
  topNode: SyntaxNode;
  iterate: (spec: { from: number; to: number; enter: (node: { node: SyntaxNode }) => void }) => void;
}

export interface Outcome {
  /** Of the series that come out; none for a number. */
  labels: Set<string>;
  /** What is asked for and is not there, and sides that never meet. Nothing where all is well. */
  problems: string[];
}

/** A number has no labels, and takes those of what it is calculated with. */
type Labels = Set<string> | undefined;

interface Walk {
  tree: SyntaxTree;
  problems: string[];
  textOf: (node: SyntaxNode) => string;
  /** The text of every node of a name, at any depth. */
  inside: (node: SyntaxNode, name: string) => string[];
}

function startWalk(tree: SyntaxTree, expression: string): Walk {
  const textOf = ({ from, to }: SyntaxNode): string => expression.slice(from, to);
  const inside = (node: SyntaxNode, name: string): string[] => {
    const found: string[] = [];
    const enter = ({ node: inner }: { node: SyntaxNode }): void => {
      if (inner.name === name) found.push(textOf(inner));
    };
    tree.iterate({ from: node.from, to: node.to, enter });
    return found;
  };
  return { tree, problems: [], textOf, inside };
}

const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
};

const without = (labels: Labels, gone: readonly string[]): Set<string> =>
  new Set([...(labels ?? [])].filter((label) => !gone.includes(label)));

function requireLabels(labels: Labels, wanted: readonly string[], place: string, { problems }: Walk): void {
  for (const label of wanted) if (!labels?.has(label)) problems.push(`${label}, asked for by ${place}`);
}

/** What `by (…)` or `without (…)` leaves; nothing where neither stands there. */
function grouped(labels: Labels, names: string[], isBy: boolean, place: string, walk: Walk): Set<string> {
  requireLabels(labels, names, place, walk);
  return isBy ? new Set(names) : without(labels, names);
}

const values = ['VectorSelector', 'MatrixSelector', 'SubqueryExpr', 'OffsetExpr', 'StepInvariantExpr'];
const passedOn = ['PromQL', 'ParenExpr', 'UnaryExpr', ...values.slice(1)];
const numbers = ['NumberDurationLiteral', 'StringLiteral'];
const expressions = [...values, ...passedOn, ...numbers, 'AggregateExpr', 'FunctionCall', 'BinaryExpr'];

/** @param known - by the name of a series, the labels it has. */
export function promqlOutcome(expression: string, known: ReadonlyMap<string, ReadonlySet<string>>): Outcome {
  const walk = startWalk(promql.parse(expression), expression);
  const { textOf, inside, problems } = walk;
  const partsOf = (node: SyntaxNode): SyntaxNode[] =>
    childrenOf(node).filter(({ name }) => expressions.includes(name));

  function selected(node: SyntaxNode): Labels {
    const metric = inside(node, 'Identifier')[0] ?? '';
    const labels = known.get(metric);
    if (labels === undefined) problems.push(`there is no ${metric}`);
    else requireLabels(new Set(labels), inside(node, 'LabelName'), textOf(node), walk);
    return new Set(labels);
  }

  function aggregated(node: SyntaxNode): Labels {
    const body = node.getChild('FunctionCallBody');
    const labels = follow(body ? partsOf(body).at(-1) : undefined);
    const modifier = node.getChild('AggregateModifier');
    const names = modifier ? inside(modifier, 'LabelName') : [];
    const left = grouped(labels, names, !modifier?.getChild('Without'), textOf(node), walk);
    const operation = textOf(node).split(/\W/)[0] ?? '';
    if (operation === 'count_values') problems.push('count_values is not understood here');
    // Some series of each group, as they are.
    return /^(topk|bottomk|limitk|limit_ratio)$/.test(operation) ? labels : left;
  }

  function called(node: SyntaxNode): Labels {
    const name = inside(node, 'FunctionIdentifier')[0] ?? '';
    const body = node.getChild('FunctionCallBody');
    const parts = body ? partsOf(body) : [];
    const labels = parts.map(follow).find((part) => part !== undefined);
    if (/^(label_replace|label_join|info|sort_by_label.*)$/.test(name))
      problems.push(`${name} is not understood here`);
    if (name === 'histogram_quantile') requireLabels(labels, ['le'], textOf(node), walk);
    if (/^(time|scalar|pi)$/.test(name)) return undefined;
    if (name === 'vector') return new Set();
    if (name === 'histogram_quantile') return without(labels, ['le']);
    // What is not there has the labels it was to have.
    return name.startsWith('absent') ? new Set(inside(node, 'LabelName')) : labels;
  }

  function joined(node: SyntaxNode): Labels {
    const [left, right] = partsOf(node).map(follow);
    if (left === undefined || right === undefined) return left ?? right;
    const clause = node.getChild('MatchingModifierClause');
    const isOn = clause?.getChild('On') !== null && clause !== null;
    const [names = [], brought = []] = (clause?.getChildren('GroupingLabels') ?? []).map((list) =>
      inside(list, 'LabelName'),
    );
    for (const side of [left, right]) if (isOn) requireLabels(side, names, textOf(node), walk);
    const one = [...without(left, names)].sort().join();
    const other = [...without(right, names)].sort().join();
    const isOr = node.getChild('Or') !== null;
    if (!isOn && !isOr && one !== other) problems.push(`${one} never meets ${other} in ${textOf(node)}`);
    if (isOr) return new Set([...left, ...right]);
    if (node.getChild('And') || node.getChild('Unless')) return left;
    const grouping = clause?.getChild('GroupLeft')
      ? left
      : clause?.getChild('GroupRight')
        ? right
        : undefined;
    requireLabels(grouping === left ? right : left, brought, textOf(node), walk);
    if (grouping) return new Set([...grouping, ...brought]);
    return isOn ? new Set(names) : without(left, names);
  }

  function follow(node: SyntaxNode | undefined): Labels {
    if (node === undefined || numbers.includes(node.name)) return undefined;
    if (node.name === 'VectorSelector') return selected(node);
    if (node.name === 'AggregateExpr') return aggregated(node);
    if (node.name === 'FunctionCall') return called(node);
    if (node.name === 'BinaryExpr') return joined(node);
    if (passedOn.includes(node.name)) return follow(partsOf(node)[0]);
    problems.push(`${node.name} is not understood here`);
    return undefined;
  }

  return { labels: follow(walk.tree.topNode) ?? new Set(), problems };
}

/** What the shipper gives a line: labels of its stream, which a selector may name, and those of the line alone. */
export interface LogLabels {
  stream: readonly string[];
  line: readonly string[];
}

export function logqlOutcome(expression: string, { stream, line }: LogLabels): Outcome {
  const walk = startWalk(logql.parse(expression), expression);
  const { textOf, inside, problems } = walk;
  const all = new Set([...stream, ...line]);

  function lines(node: SyntaxNode): Labels {
    const selector = node.getChild('Selector');
    const named = selector ? inside(selector, 'Identifier') : [];
    if (!named.includes('app')) problems.push(`${textOf(node)} asks all applications`);
    requireLabels(new Set(stream), named, textOf(node), walk);
    const pipeline = node.getChild('PipelineExpr');
    for (const stage of pipeline ? inside(pipeline, 'PipelineStage') : [])
      if (!/^(\|[=~]|![=~]|\|\s*\w+\s*!?=)/.test(stage)) problems.push(`${stage} is not understood here`);
    if (pipeline) requireLabels(all, inside(pipeline, 'Identifier'), textOf(node), walk);
    return new Set(all);
  }

  function aggregated(node: SyntaxNode): Labels {
    const labels = follow(node.getChild('MetricExpr') ?? node.getChild('LogRangeExpr'));
    const grouping = node.getChild('Grouping');
    if (!grouping) return node.name === 'RangeAggregationExpr' ? labels : new Set();
    return grouped(labels, inside(grouping, 'Identifier'), !!grouping.getChild('By'), textOf(node), walk);
  }

  function follow(node: SyntaxNode | null): Labels {
    if (!node) return undefined;
    if (/^Log(Range)?Expr$/.test(node.name)) return lines(node);
    if (/^(Vector|Range)AggregationExpr$/.test(node.name)) return aggregated(node);
    if (/^(LogQL|Expr|MetricExpr)$/.test(node.name)) return follow(node.firstChild);
    problems.push(`${node.name} is not understood here`);
    return undefined;
  }

  return { labels: follow(walk.tree.topNode) ?? new Set(), problems };
}
