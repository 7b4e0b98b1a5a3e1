import { hash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';
import { hasTraceOfProxy } from '../../shared/proxy-trace.ts';

const loopback = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/;

/**
 * True when the browser runs on this very machine. The address alone does not tell: behind a proxy on this machine
 * that nobody configured, every stranger comes from loopback. So any trace of a proxy asks for the code, and so does a
 * PUBLIC_URL, which says that there is one. The Host also keeps out a web page whose name was pointed at 127.0.0.1.
 */
export function isFromThisMachine(req: Request, { public_url }: { public_url: string | undefined }): boolean {
  return public_url === undefined && loopback.test(req.ip ?? '') && !hasTraceOfProxy(req);
}

/** Compares hashes, so that the time it takes tells nothing about the code. */
export const isSetupCode = (typed: string, code: string): boolean =>
  timingSafeEqual(hash('sha256', typed.trim(), 'buffer'), hash('sha256', code, 'buffer'));
