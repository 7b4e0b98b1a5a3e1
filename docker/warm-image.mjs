// Runs while an image is built: starts the server as the container will, asks for its first pages, and stops it, so that Node
// leaves what it compiled in the image.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'warm-'));
const server = spawn(process.execPath, process.argv.slice(2), {
  env: { PORT: '0', HOST: '127.0.0.1', DATA_DIR: folder, LOG_FILE: join(folder, 'app.jsonl') },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(server, 'exit');
let printed = '';
for await (const text of server.stdout.setEncoding('utf8')) {
  printed += text;
  const port = / is at http:\/\/localhost:(\d+)/.exec(printed)?.[1];
  if (port === undefined) continue;
  for (const path of ['/readyz', '/setup', '/metrics']) {
    const [answer] = await once(get(`http://127.0.0.1:${port}${path}`), 'response');
    await once(answer.resume(), 'end');
  }
  server.kill('SIGTERM');
  break;
}
const [code] = await ended;
rmSync(folder, { recursive: true, force: true });
if (code !== 0) {
  console.error(`the server ended with ${code}: ${printed}`);
  process.exit(1);
}
