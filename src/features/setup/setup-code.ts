import { hash, timingSafeEqual } from 'node:crypto';
import type { Request } from 'express';

const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];
const loopback = /^(::1|(::ffff:)?127(\.\d{1,3}){3})$/;
const localHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * True when the browser runs on this very machine. The address alone does not tell: behind a proxy on this machine
 * that nobody configured, every stranger comes from loopback. So any trace of a proxy asks for the code: a header that
 * proxies add, a Host that is not this machine's own name, or HTTP/1.0, which no browser speaks and plain proxies do.
 * The Host also keeps out a web page whose name was pointed at 127.0.0.1.
 */
export function isFromThisMachine(req: Request): boolean {
  return (
    loopback.test(req.ip ?? '') &&
    req.httpVersion !== '1.0' &&
    proxyHeaders.every((name) => req.headers[name] === undefined) &&
    localHost.test(req.headers.host ?? '')
  );
}

/** Compares hashes, so that the time it takes tells nothing about the code. */
export const isSetupCode = (typed: string, code: string): boolean =>
  timingSafeEqual(hash('sha256', typed.trim(), 'buffer'), hash('sha256', code, 'buffer'));
