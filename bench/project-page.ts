// How long the pages of projects, clients and tasks and the list of entries take at the size of the database in DATA_DIR: fill it first with
// `npm run seed-demo -- --entries 1000000`. Every active project in turn, as the administrator, over a real connection.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { loadConfig } from '../src/config/config.ts';
import { createApp } from '../src/app.ts';
import { buildDeps } from '../src/deps.ts';
import { startSession } from '../src/features/accounts/sessions.ts';

const rounds = 12;
const warmUpRounds = 2;

async function main(): Promise<void> {
  const deps = await buildDeps(loadConfig({ ...process.env, LOG_LEVEL: 'error' }));
  const server = createServer(createApp(deps));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const cookie = await signIn(deps);
    const { entries } = await deps.db
      .selectFrom('entries')
      .select((select) => select.fn.countAll<number>().as('entries'))
      .executeTakeFirstOrThrow();
    process.stdout.write(`${entries} entries, ${deps.connection.dialect}\n`);
    for (const [name, paths] of await pagesOf(deps)) {
      const times = await measure(address, cookie, paths);
      process.stdout.write(
        `${name.padEnd(14)} ${String(times.length).padStart(4)} requests  ` +
          `p50 ${at(times, 0.5)} ms  p95 ${at(times, 0.95)} ms  slowest ${at(times, 1)} ms\n`,
      );
    }
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await deps.close();
  }
}

type Deps = Awaited<ReturnType<typeof buildDeps>>;

async function signIn({ db, config }: Deps): Promise<string> {
  const { id } = await db
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .orderBy('id')
    .executeTakeFirstOrThrow();
  const token = await startSession(db, { user_id: id, device: 'bench', now: Date.now(), limits: config });
  return `tt_session=${token}`;
}

async function pagesOf({ db }: Deps): Promise<[string, string[]][]> {
  const projects = await db.selectFrom('projects').select('id').where('archived_at', 'is', null).execute();
  const clients = await db.selectFrom('clients').select('id').where('archived_at', 'is', null).execute();
  const tasks = await db.selectFrom('tasks').select('id').limit(20).execute();
  const year = new Date().getFullYear();
  const { middle } = await db
    .selectFrom('entries')
    .select((select) => sql<number>`cast(avg(${select.ref('id')}) as integer)`.as('middle'))
    .executeTakeFirstOrThrow();
  return [
    ['/projects/:id', projects.map(({ id }) => `/projects/${id}`)],
    ['/clients/:id', clients.map(({ id }) => `/clients/${id}`)],
    ['/tasks/:id', tasks.map(({ id }) => `/tasks/${id}`)],
    ['/projects', Array<string>(10).fill('/projects')],
    ['/tasks', Array<string>(10).fill('/tasks')],
    ['/tasks/board', Array<string>(10).fill('/tasks/board')],
    ['/entries', Array<string>(10).fill('/entries')],
    ['/entries, year', Array<string>(5).fill(`/entries?from=${year}-01-01&to=${year}-12-31`)],
    ['/entries, text', Array<string>(5).fill(`/entries?from=${year}-01-01&to=${year}-12-31&q=review`)],
    ['/entries, all', Array<string>(5).fill('/entries?from=2000-01-01&to=2199-12-31')],
    ['/entries, older', Array<string>(5).fill(`/entries?from=2000-01-01&to=2199-12-31&before_id=${middle}`)],
  ];
}

/** Milliseconds of each request, sorted. */
async function measure(address: string, cookie: string, paths: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const path of paths) {
      const startedAt = performance.now();
      const answer = await fetch(address + path, { headers: { cookie } });
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
      if (round >= 0) times.push(performance.now() - startedAt);
    }
  }
  return times.sort((one, other) => one - other);
}

const at = (sorted: readonly number[], share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1).padStart(6);

await main();
