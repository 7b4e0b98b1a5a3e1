import { Agent, request } from 'node:http';
import type { Aviary } from './canaries.ts';

export interface Ask {
  method: string;
  path: string;
  cookie: string;
  /** Body and its type; a form unless said otherwise. */
  body?: string;
  type?: string;
}

export interface Answer {
  status: number;
  type: string;
  location: string | undefined;
  /** The session that was opened, as a cookie to send. */
  session: string | undefined;
  text: string;
}

/** A browser that tells everything that browsers, proxies and people could tell. */
export interface Client {
  send: (ask: Ask) => Promise<Answer>;
  close: () => void;
}

/** What every request brings along, each a canary. */
export function headersOf(aviary: Aviary, method: string): Record<string, string> {
  const word = (name: string): string => aviary.word(`header ${name}`);
  const address = aviary.add('header x-forwarded-for', '203.0.113.77');
  return {
    'user-agent': `Mozilla/5.0 (${word('user-agent')}) Firefox/140.0`,
    referer: `http://${word('referer, host')}.example.com/${word('referer, path')}?q=${word('referer, query')}`,
    'accept-language': `de, en;q=0.5, x-${word('accept-language')};q=0.1`,
    'x-forwarded-for': `${address}, ${aviary.add('header x-forwarded-for, IPv6', '2001:db8:77::77')}`,
    'x-real-ip': aviary.add('header x-real-ip', '198.51.100.77'),
    forwarded: `for=${aviary.add('header forwarded', '192.0.2.77')};host=${word('forwarded, host')}`,
    'x-request-id': word('x-request-id'),
    traceparent: `00-${aviary.add('header traceparent', 'c0ffee7731c0ffee7731c0ffee773100')}-00f067aa0ba902b7-01`,
    tracestate: `vendor=${word('tracestate')}`,
    baggage: `sentry-release=${word('baggage')}`,
    'sentry-trace': `${aviary.add('header sentry-trace', 'deadbeef7731deadbeef7731deadbeef')}-00f067aa0ba902b7-1`,
    authorization: `Bearer ${word('authorization')}`,
    'x-csrf-token': word('x-csrf-token'),
    'x-forwarded-user': `${word('x-forwarded-user')}@example.com`,
    from: `${word('from')}@example.com`,
    via: `1.1 ${word('via')}`,
    'x-unknown-header': word('x-unknown-header'),
    'if-none-match': `"${word('if-none-match')}"`,
    // Of the address that people type: only where nothing is decided by it.
    ...(method === 'GET' ? { host: `${word('host')}.example.com` } : {}),
  };
}

export function createClient(port: number, aviary: Aviary): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const other = aviary.word('cookie');
  return {
    close: () => agent.destroy(),
    send: ({ method, path, cookie, body, type = 'application/x-www-form-urlencoded' }) =>
      new Promise((resolve, reject) => {
        const headers = {
          ...headersOf(aviary, method),
          cookie: `other=${other}${cookie === '' ? '' : `; ${cookie}`}`,
          ...(body === undefined
            ? {}
            : { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) }),
        };
        const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              type: answer.headers['content-type'] ?? '',
              location: answer.headers.location,
              session: /^tt_session=[^;]+/.exec(answer.headers['set-cookie']?.join('\n') ?? '')?.[0],
              text: Buffer.concat(chunks).toString(),
            }),
          );
          answer.on('error', reject);
        });
        outgoing.on('error', reject);
        outgoing.end(body);
      }),
  };
}
