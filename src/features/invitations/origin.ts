import type { Request } from 'express';

/**
 * Address of this server in a link that an administrator hands on: PUBLIC_URL, else what their own browser asked for.
 * Never for a link that somebody else asked for: their browser could name any host.
 */
export const originOf = (req: Request, { public_url }: { public_url: string | undefined }): string =>
  (public_url ?? `${req.protocol}://${req.headers.host ?? 'localhost'}`).replace(/\/$/, '');
