import type { entries as en } from '../en/entries.ts';

export const entries: Record<keyof typeof en, string> = {};
