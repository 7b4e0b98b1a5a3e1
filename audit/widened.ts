import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A build in which something was let through on purpose: the audit has to find it. */
export interface Widening {
  name: string;
  /** Text in a file below src, and what stands there instead. */
  changes: { file: string; from: string; to: string }[];
  /** Name of the check that has to fail. */
  caughtBy: string;
}

export const widenings: Widening[] = [
  {
    name: 'a property of an event lets a description through',
    changes: [
      {
        file: 'telemetry/catalogue.ts',
        from: "return typeof value === 'boolean' ? value : undefined;",
        to: 'return value as boolean;',
      },
      {
        file: 'features/entries/entries.ts',
        from: 'billable: entry.billable === 1,\n    duration_seconds',
        to: 'billable: entry.description as never,\n    duration_seconds',
      },
    ],
    caughtBy: 'no canary left',
  },
  {
    name: 'an error report has the message of any error',
    changes: [
      {
        file: 'telemetry/error-report.ts',
        from: 'value: wordsOf(error) ??',
        to: 'value: error.message ??',
      },
    ],
    caughtBy: 'no canary left',
  },
  {
    name: 'a module calls home, past the guard',
    changes: [
      {
        file: 'server.ts',
        from: '  guardSockets(deps);',
        to: "  void fetch(process.env['HTTP_PROXY'] ?? '');",
      },
    ],
    caughtBy: 'nobody was called that no channel names',
  },
  {
    name: 'a module calls home, and the guard stops it',
    changes: [
      {
        file: 'server.ts',
        from: '  guardSockets(deps);',
        to: "  guardSockets(deps); void fetch(process.env['HTTP_PROXY'] ?? '').catch(() => {});",
      },
    ],
    caughtBy: 'the guard had nothing to stop',
  },
  {
    name: 'the ledger has less than what left',
    changes: [
      {
        file: 'telemetry/gateway.ts',
        from: '{ channel, purpose, consent_id, body, people, host',
        to: '{ channel, purpose, consent_id, body: body.subarray(0, 40), people, host',
      },
    ],
    caughtBy: 'the ledger has what arrived',
  },
];

/** Makes an empty folder a copy of the application with the changes in it. */
export function widenedCopy(root: string, folder: string, { changes }: Widening): string {
  for (const part of ['src', 'views', 'public', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, from, to } of changes) {
    const path = join(folder, 'src', file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from))
      throw new Error(`the audit's own test does not fit ${file} any more: "${from}" is gone`);
    writeFileSync(path, text.replace(from, to));
  }
  return folder;
}
