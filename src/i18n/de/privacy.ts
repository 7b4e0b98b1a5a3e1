import type { privacy as en } from '../en/privacy.ts';

export const privacy: Record<keyof typeof en, string> = {};
