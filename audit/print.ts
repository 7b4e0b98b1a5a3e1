import type { Destination } from './internet.ts';
import type { Check } from './judge.ts';
import type { Evidence } from './runs.ts';

const bytesTo = ({ connections }: Destination): number =>
  connections.reduce((sum, { bytes }) => sum + bytes.length, 0);

/** One run: what was asked, what left where, and what does not hold. */
export function printRun({ name, prints, world }: Evidence, checks: Check[]): void {
  const asked = prints ? `${prints.requests} requests, ${JSON.stringify(prints.statuses)}` : 'no walk';
  console.log(`${name}: ${asked}`);
  const left = (Object.values(world) as Destination[])
    .filter(({ connections }) => connections.length > 0)
    .map(
      (destination) =>
        `${destination.name} ${bytesTo(destination)} bytes in ${destination.connections.length}`,
    );
  console.log(`  left: ${left.length > 0 ? left.join('; ') : 'nothing'}`);
  for (const { name: what, problems } of checks.filter((one) => one.problems.length > 0)) {
    console.log(`  FAILED: ${what}`);
    for (const problem of problems.slice(0, 20)) console.log(`    ${problem}`);
  }
}

/** The table, the counts, and the last line; gives the exit code. */
export function printSummary(
  runs: Evidence[],
  checks: { run: string; check: Check }[],
  { planted, left }: { planted: number; left: number },
): number {
  const destinations = ['errors', 'analytics', 'installation', 'mail', 'trap'] as const;
  const rows = runs.map(({ name, prints, world, counts, blocked }) => ({
    run: name,
    requests: prints?.requests ?? 0,
    ...Object.fromEntries(destinations.map((one) => [`${one}, bytes`, bytesTo(world[one])])),
    connections: counts['TCPCONNECTWRAP'] ?? 0,
    blocked,
  }));
  console.log(table(rows));
  const fields = new Set(runs.flatMap(({ prints }) => [...(prints?.fields ?? [])])).size;
  console.log(`${planted} canaries planted, ${fields} of them in fields of forms and addresses`);
  const failed = checks.filter(({ check }) => check.problems.length > 0);
  for (const { run, check } of failed) console.log(`failed: ${run}: ${check.name}`);
  console.log(`${checks.length - failed.length} checks passed, ${failed.length} failed`);
  const worlds = runs.flatMap(({ world }) => Object.values(world) as Destination[]);
  const bytes = worlds.reduce((sum, destination) => sum + bytesTo(destination), 0);
  const requests = worlds.reduce((sum, { connections }) => sum + connections.length, 0);
  console.log(`privacy audit: ${left} canaries left, ${bytes} bytes in ${requests} requests`);
  return failed.length === 0 ? 0 : 1;
}

function table(rows: Record<string, string | number>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => String(row[column]).length)),
  );
  const line = (cells: (string | number | undefined)[]): string =>
    cells
      .map((cell, at) =>
        at === 0 ? String(cell).padEnd(widths[at] ?? 0) : String(cell).padStart(widths[at] ?? 0),
      )
      .join('  ');
  return [line(columns), ...rows.map((row) => line(columns.map((column) => row[column])))].join('\n');
}
