/** The parts of a request that a proxy leaves its traces in. */
export interface TracedRequest {
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const headersOfProxies = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];
const ownNames = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const ownOrigins = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * True when a request from loopback looks as if a proxy on this machine had passed it on for somebody else: a header
 * that proxies add, a Host or an Origin that is not this machine's own name, or HTTP/1.0, which no browser and no
 * Prometheus speaks and plain proxies do. A proxy that hides every trace cannot be told from a local program.
 *
 * @param judged - headers that the caller looks at itself.
 */
export function hasTraceOfProxy(
  { httpVersion, headers }: TracedRequest,
  judged: readonly string[] = [],
): boolean {
  const { host, origin } = headers;
  return (
    httpVersion === '1.0' ||
    !ownNames.test(typeof host === 'string' ? host : '') ||
    (typeof origin === 'string' && !ownOrigins.test(origin)) ||
    headersOfProxies.some((name) => headers[name] !== undefined && !judged.includes(name))
  );
}
