// Our application's rungs: the timer page as shipped, without its chain, and on bare node:http.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rung } from './rungs.ts';
import type { Rung, RunContext, ServerSpec } from './rungs.ts';
import type { StartSpec } from './start-up.ts';

const serverFile = fileURLToPath(new URL('our-server.ts', import.meta.url));
const mainFile = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** What a mode of `our-server.ts` leaves out of the application. */
const MODES = ['ours', 'ours-chain-off', 'ours-chain-off-control', 'ours-bare'] as const;

/** Empty while the application's server cannot be built; its targets then read "not measured". */
export function listOurServers(context: RunContext): ServerSpec[] {
  if (!existsSync(serverFile)) return [];
  const env = { DATABASE_FILE: context.databaseFile };
  return MODES.map((mode) => ({ key: mode, args: [serverFile, mode], env, path: '/timer' }));
}

export function listOurRungs(): Rung[] {
  if (!existsSync(serverFile)) return [];
  return [
    rung('ours', 'our timer page, as shipped', 'ours'),
    rung('ours-compressed', '… as a browser asks', 'ours', 'gzip, deflate, br'),
    rung('ours-chain-off', '… chain off', 'ours-chain-off'),
    rung('ours-chain-off-control', '… chain off, a second process', 'ours-chain-off-control'),
    rung('ours-bare', '… same queries and page on bare node:http', 'ours-bare'),
  ];
}

/** The application exactly as `npm start` starts it, on the run's database. */
export function listOurStarts(context: RunContext): StartSpec[] {
  if (!existsSync(mainFile)) return [];
  const folder = path.dirname(context.databaseFile);
  const env = { DATA_DIR: folder, HOST: '127.0.0.1', LOG_FILE: path.join(folder, 'app.jsonl') };
  return [
    {
      key: 'ours',
      title: 'our application',
      args: [mainFile],
      env,
      path: '/livez',
      ready: { path: '/livez', headers: {} },
    },
  ];
}
