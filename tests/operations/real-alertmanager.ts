import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inject } from 'vitest';
import { freePort } from './real-prometheus.ts';
import { fileOf } from './rules.ts';

export const hasAlertmanager = spawnSync('prometheus-alertmanager', ['--version']).error === undefined;

export interface Told {
  status: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface RealAlertmanager {
  port: number;
  /** Every alert that arrived at the address for people. */
  told: () => Told[];
  stop: () => Promise<void>;
}

/** Debian's Alertmanager with the shipped configuration, told as its own comment says whom to call; it waits a second. */
export async function startAlertmanager(): Promise<RealAlertmanager> {
  const told: Told[] = [];
  const people = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req.setEncoding('utf8')) body += chunk as string;
    told.push(...(JSON.parse(body) as { alerts: Told[] }).alerts);
    res.end();
  }).listen(0, '127.0.0.1');
  await once(people, 'listening');
  const folder = mkdtempSync(join(inject('folder'), 'alertmanager-'));
  const config = join(folder, 'alertmanager.yml');
  const url = `http://127.0.0.1:${(people.address() as AddressInfo).port}/`;
  writeFileSync(
    config,
    fileOf('alertmanager/alertmanager.yml')
      .replaceAll(/group_(wait|interval): \w+/g, 'group_$1: 1s')
      .replace(/- name: people\n$/, `- name: people\n    webhook_configs:\n      - url: ${url}\n`),
  );
  const port = await freePort();
  const options = ['--config.file', config, '--storage.path', folder, '--cluster.listen-address='];
  const child = spawn('prometheus-alertmanager', [...options, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: 'ignore',
  });
  return {
    port,
    told: () => told,
    stop: async () => {
      people.close();
      people.closeAllConnections();
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
