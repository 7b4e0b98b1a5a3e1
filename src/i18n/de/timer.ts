import type { timer as en } from '../en/timer.ts';

export const timer: Record<keyof typeof en, string> = {};
