// Our application's rungs and starts.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BROWSER, rung } from './rungs.ts';
import type { Rung, RunContext, ServerSpec } from './rungs.ts';
import type { StartSpec } from './start-up.ts';

export const OUR_RUNGS: readonly Rung[] = [
  rung('ours-hello', 'our server, 5 bytes before the chain', 'ours-hello', '/off'),
  rung('ours-hello-chain', '… behind the chain, with an event recorded', 'ours-hello', '/hello'),
  rung('ours-bare', 'our page on bare node:http', 'ours-bare', '/timer'),
  rung('ours-chain-off', 'our application without the chain', 'ours-chain-off', '/timer'),
  rung(
    'ours-chain-off-control',
    'the same in a second process: the noise',
    'ours-chain-off-control',
    '/timer',
  ),
  rung('ours', 'our application', 'ours', '/timer'),
  rung('ours-forgetful', '… with every answer read anew', 'ours-forgetful', '/timer'),
  rung('ours-compressed', '… as a browser asks', 'ours', '/timer', BROWSER),
  rung('ours-busy', "… a busy person's page", 'ours', '/timer', 'identity', 'busy'),
];

export function listOurServers(context: RunContext): ServerSpec[] {
  const server = (key: string, app: string, path = '/timer'): ServerSpec => ({
    key,
    args: [...startFlags(), ownFile('our-server.ts')],
    env: { ...ourEnvironment(context, key), BENCH_APP: app },
    path,
  });
  return [
    server('ours-hello', 'hello', '/off'),
    server('ours-bare', 'bare'),
    server('ours-chain-off', 'chain-off'),
    server('ours-chain-off-control', 'chain-off'),
    server('ours', 'whole'),
    server('ours-forgetful', 'forgetful'),
  ];
}

/** The application exactly as `npm start` starts it, on the run's database. */
export function listOurStarts(context: RunContext): StartSpec[] {
  const ready = { path: '/readyz', headers: {} };
  const env = ourEnvironment(context, 'start');
  return [
    {
      key: 'ours',
      title: 'our application',
      args: [...startFlags(), ownFile('../src/main.ts')],
      env,
      path: '/readyz',
      ready,
    },
  ];
}

/** Production's defaults but for the places: the run's data folder, a log file of its own, loopback only. */
export function ourEnvironment(context: RunContext, name: string): Record<string, string> {
  const folder = path.dirname(context.databaseFile);
  return { DATA_DIR: folder, HOST: '127.0.0.1', LOG_FILE: path.join(folder, `${name}.jsonl`) };
}

/** The flags of package.json's start script. */
export function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(ownFile('../package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

function ownFile(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
