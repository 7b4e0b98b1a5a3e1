import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export type LogLine = Record<string, unknown>;

/** Every line of the live log, its archives and its compressed archives in a folder, parsed. */
export function readLogLines(directory: string): LogLine[] {
  const files = readdirSync(directory).filter(
    (name) => name.endsWith('.jsonl') || name.endsWith('.jsonl.gz'),
  );
  return files.flatMap((name) => {
    const bytes = readFileSync(join(directory, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);
  });
}
