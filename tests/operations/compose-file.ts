import { parse } from 'yaml';
import { fileOf } from './rules.ts';

export interface Service {
  image: string;
  build?: { context: string; args?: Record<string, string> };
  profiles?: string[];
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  privileged?: boolean;
  network_mode?: string;
  security_opt?: string[];
  pids_limit?: number;
  mem_limit?: string;
  cpus?: number | string;
  restart?: string;
  command?: string[];
  ports?: string[];
  networks?: string[];
  dns_search?: string[];
  dns_opt?: string[];
  volumes?: string[];
  tmpfs?: string[];
  secrets?: string[];
  group_add?: string[];
  environment?: Record<string, string | number>;
  healthcheck?: { test?: string[]; interval?: string; timeout?: string; retries?: number };
  logging?: { driver: string; options: Record<string, string> };
  depends_on?: Record<string, { condition: string; required?: boolean }>;
}

export interface ComposeFile {
  services: Record<string, Service>;
  networks?: Record<string, { internal?: boolean }>;
  volumes?: Record<string, unknown>;
  secrets?: Record<string, { file: string }>;
}

export const composeFile = (path: string): ComposeFile => parse(fileOf(path), { merge: true }) as ComposeFile;
export const base = (): ComposeFile => composeFile('docker-compose.yml');
export const overlay = (): ComposeFile => composeFile('docker-compose.analytics.yml');

/** Every service of both files, the overlay's part of `app` left out. */
export function allServices(): [name: string, service: Service][] {
  const { app: _part, ...added } = overlay().services;
  return Object.entries({ ...base().services, ...added });
}
