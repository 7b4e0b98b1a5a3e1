import type { admin as en } from '../en/admin.ts';

export const admin: Record<keyof typeof en, string> = {
  'nav.admin': 'Verwaltung',
  'nav.privacy': 'Datenschutz',
  'admin.tabs': 'Verwaltung',
  'admin.telemetry': 'Was hinausgeht',
};
