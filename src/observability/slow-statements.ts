/** A statement that took long at least once, without any value that was in it. */
export interface SlowStatement {
  /** What it does to which tables, such as `select entries, projects`. */
  readonly name: string;
  readonly sql: string;
  /** How often it was slow, how long that took together, and the longest one. */
  readonly count: number;
  readonly totalSeconds: number;
  readonly slowestSeconds: number;
  /** Epoch ms of the newest one. */
  readonly lastAt: number;
}

export interface SlowStatements {
  /** Tells of a statement that has run; one that was quick costs a comparison. */
  readonly observe: (sql: string, seconds: number) => void;
  /** Those that took most time together first. */
  readonly top: (count: number) => SlowStatement[];
}

export interface SlowStatementOptions {
  now: () => number;
  /** What counts as slow. */
  thresholdSeconds?: number;
  /** Different statements that are remembered at most. */
  maxKept?: number;
}

const shownCharacters = 600;

/** Remembers which statements were slow since the process started. */
export function createSlowStatements(options: SlowStatementOptions): SlowStatements {
  const { now, thresholdSeconds = 0.02, maxKept = 100 } = options;
  const kept = new Map<string, { -readonly [Key in keyof SlowStatement]: SlowStatement[Key] }>();
  return {
    observe(sql, seconds) {
      if (seconds < thresholdSeconds) return;
      const shape = shapeOf(sql);
      let statement = kept.get(shape);
      if (!statement) {
        if (kept.size >= maxKept) kept.delete(leastOf(kept.values()));
        statement = {
          ...{ name: nameOf(shape), sql: shape, count: 0 },
          totalSeconds: 0,
          slowestSeconds: 0,
          lastAt: 0,
        };
        kept.set(shape, statement);
      }
      statement.count += 1;
      statement.totalSeconds += seconds;
      statement.slowestSeconds = Math.max(statement.slowestSeconds, seconds);
      statement.lastAt = now();
    },
    top: (count) =>
      [...kept.values()]
        .sort((one, other) => other.totalSeconds - one.totalSeconds)
        .slice(0, count)
        .map((statement) => ({ ...statement })),
  };
}

function leastOf(statements: Iterable<SlowStatement>): string {
  let least: SlowStatement | undefined;
  for (const statement of statements)
    if (least === undefined || statement.totalSeconds < least.totalSeconds) least = statement;
  return least?.sql ?? '';
}

/**
 * A statement without what differs from call to call: literals and parameters become `?`, lists of them `(…)`. Ours have
 * no literals that came from a person; they go all the same, so that nobody need know that.
 */
export function shapeOf(sql: string): string {
  const shape = sql
    .replace(/'(?:[^']|'')*'/g, '?')
    .replaceAll('"', '')
    .replace(/\$\d+|(?<![\w.])\d+(?:\.\d+)?\b/g, '?')
    .replace(/\s+/g, ' ')
    .replace(/\(\s*\?(?:\s*,\s*\?)+\s*\)/g, '(…)')
    .replace(/\(…\)(?:\s*,\s*\(…\))+/g, '(…)')
    .trim();
  return shape.length > shownCharacters ? `${shape.slice(0, shownCharacters)}…` : shape;
}

function nameOf(shape: string): string {
  const verb = /\b(select|insert|update|delete|create|alter|drop|pragma)\b/i.exec(shape)?.[1] ?? 'other';
  const tables = [...shape.matchAll(/\b(?:from|join|into|(?<!\bdo\s)update)\s+([a-z_]+)/gi)].map(
    ([, table]) => table,
  );
  return [verb.toLowerCase(), [...new Set(tables)].slice(0, 4).join(', ')].join(' ').trim();
}
