export const admin = {
  'nav.admin': 'Admin',
  'nav.privacy': 'Privacy',
  'admin.tabs': 'Administration',
  'admin.telemetry': 'What leaves',
} as const;
