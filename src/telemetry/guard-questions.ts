import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

/** Every function of Node that asks somebody for an address or a name. */
const questions = [
  ...['lookup', 'lookupService', 'reverse', 'resolve', 'resolve4', 'resolve6', 'resolveAny', 'resolveCaa'],
  ...['resolveCname', 'resolveMx', 'resolveNaptr', 'resolveNs', 'resolvePtr', 'resolveSoa', 'resolveSrv'],
  ...['resolveTlsa', 'resolveTxt'],
];

type Question = (...args: unknown[]) => unknown;

/**
 * Puts a check before every question to a resolver, the look-ups of connections among them. Node announces no look-up, so
 * its functions are replaced, also for those who import them by name.
 *
 * @param refusalOf - the error for a question about this name; undefined lets it pass.
 * @returns the function that puts Node's own back.
 */
export function guardQuestions(refusalOf: (name: string) => Error | undefined): () => void {
  const byCallback = [dns, dns.Resolver.prototype];
  const byPromise = [dns.promises, dns.promises.Resolver.prototype];
  const restore = [
    ...byCallback.flatMap((holder) => replaceIn(holder, refusalOf, tellByCallback)),
    ...byPromise.flatMap((holder) => replaceIn(holder, refusalOf, (error) => Promise.reject(error))),
  ];
  syncBuiltinESMExports();
  return () => {
    for (const putBack of restore) putBack();
    syncBuiltinESMExports();
  };
}

function replaceIn(
  holder: object,
  refusalOf: (name: string) => Error | undefined,
  refuse: (error: Error, args: unknown[]) => unknown,
): (() => void)[] {
  const functions = holder as Record<string, Question | undefined>;
  return questions.flatMap((name) => {
    const original = functions[name];
    if (original === undefined) return [];
    const guarded = function (this: unknown, ...args: unknown[]): unknown {
      const [host] = args;
      const error = typeof host === 'string' && !isAnsweredHere(name, host) ? refusalOf(host) : undefined;
      return error ? refuse(error, args) : Reflect.apply(original, this, args);
    };
    // What `promisify` needs to know hangs on the function.
    Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original));
    functions[name] = guarded;
    return [() => (functions[name] = original)];
  });
}

/** `lookup` reads the hosts file for this machine's own name of itself, and an address is its own answer. */
const isAnsweredHere = (question: string, host: string): boolean =>
  question === 'lookup' && (host === 'localhost' || host === '' || isIP(host) !== 0);

function tellByCallback(error: Error, args: unknown[]): object {
  const callback = args.at(-1);
  if (typeof callback === 'function') process.nextTick(() => (callback as Question)(error));
  return {};
}
