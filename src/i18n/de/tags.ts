import type { tags as en } from '../en/tags.ts';

export const tags: Record<keyof typeof en, string> = {};
