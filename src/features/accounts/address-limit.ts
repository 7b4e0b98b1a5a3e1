import type { Request, RequestHandler, Response } from 'express';
import type { AugmentedRequest } from 'express-rate-limit';
import type { Attempts } from './attempts.ts';
import { attemptWindowMs } from './attempts.ts';

/** Who an address is for counting: one IPv4 address, or the /64 that an IPv6 customer has to himself. */
export async function addressOf(req: Request): Promise<string> {
  const { ipKeyGenerator } = await import('express-rate-limit');
  return ipKeyGenerator(req.ip ?? '', 64);
}

interface AddressLimitOptions {
  attempts: Attempts;
  /** Name of the counter. */
  scope: string;
  /** Attempts that an address has within the window. */
  limit: number;
  /** Answers the request that is one too many; `resets_at` is when the next one is let through. */
  refuse: (req: Request, res: Response, resets_at: number) => Promise<void>;
}

/** Counts the requests of an address in the database and refuses those over the limit. */
export function addressLimit(options: AddressLimitOptions): RequestHandler {
  let limiter: Promise<RequestHandler> | undefined;
  return async function addressLimit(req, res, next) {
    // The package is imported with the first form that is sent, so that no start waits for it.
    limiter ??= createLimiter(options);
    await (
      await limiter
    )(req, res, next);
  };
}

async function createLimiter({
  attempts,
  scope,
  limit,
  refuse,
}: AddressLimitOptions): Promise<RequestHandler> {
  const { rateLimit } = await import('express-rate-limit');
  return rateLimit({
    windowMs: attemptWindowMs,
    limit,
    keyGenerator: addressOf,
    store: {
      increment: async (address) => {
        const { hits, resets_at } = await attempts.add(scope, address);
        return { totalHits: hits, resetTime: new Date(resets_at) };
      },
      decrement: (address) => attempts.takeBack(scope, address),
      resetKey: (address) => attempts.clear(scope, address),
    },
    // The answer's Retry-After is ours; how much is left of the limit is nobody's business.
    standardHeaders: false,
    legacyHeaders: false,
    // Its checks look at the proxy settings of each request and write to the console; TRUST_PROXY is documented.
    validate: false,
    handler: (req, res, next) => {
      const { resetTime } = (req as AugmentedRequest)['rateLimit'] ?? {};
      refuse(req, res, resetTime?.getTime() ?? 0).catch(next);
    },
  });
}
