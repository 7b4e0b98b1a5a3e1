import type { projects as en } from '../en/projects.ts';

export const projects: Record<keyof typeof en, string> = {};
