import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { hasTraceOfProxy } from '../shared/proxy-trace.ts';

/** The parts of an Express request that decide whether it may read the metrics. */
export interface MetricsReader {
  /** The client's address as Express computed it with its `trust proxy` setting. */
  readonly ip?: string | undefined;
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
}

const PRIVATE_NETWORKS: readonly (readonly [network: string, prefix: number, type: 'ipv4' | 'ipv6'])[] = [
  ['127.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
];

function privateNetworks(): BlockList {
  const networks = new BlockList();
  for (const [network, prefix, type] of PRIVATE_NETWORKS) networks.addSubnet(network, prefix, type);
  return networks;
}

/** The address without zone (`fe80::1%eth0`) and without the v6 clothes of a v4 one (`::ffff:10.0.0.1`). */
function plainAddress(address: string): string {
  return address
    .trim()
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');
}

const addressHeaders = ['x-forwarded-for', 'x-real-ip'];
const isLoopback = (address: string | undefined): boolean =>
  /^(127\.|::1$)/.test(plainAddress(address ?? ''));
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Who may read `/metrics`: whoever presents `token` as a bearer, loopback, and private networks as long as no token is set.
 * With one, a private address is not enough: where an engine passes connections on itself (Docker Desktop, rootless), every
 * client has the address of its gateway.
 *
 * A reverse proxy makes the whole world look like loopback. So when a forwarding header is present, every address in it
 * must be private too, also when `trust proxy` was forgotten; a forged header can only take access away. And a request
 * from loopback with any other trace of a proxy needs the token.
 */
export function metricsAccess(options: { token?: string | undefined }): (req: MetricsReader) => boolean {
  const networks = privateNetworks();
  const wanted = options.token ? sha256(options.token) : undefined;

  function isPrivate(address: string | undefined): boolean {
    const plain = plainAddress(address ?? '');
    const family = isIP(plain);
    return family !== 0 && networks.check(plain, family === 4 ? 'ipv4' : 'ipv6');
  }

  function holdsToken(authorization: string | undefined): boolean {
    const presented = /^Bearer +(.*)$/i.exec(authorization ?? '')?.[1];
    // Digests have one length whatever was sent, so the comparison tells nothing about the token.
    return wanted !== undefined && presented !== undefined && timingSafeEqual(sha256(presented), wanted);
  }

  return (req) => {
    const { ip, socket, headers } = req;
    if (holdsToken(headers.authorization)) return true;
    if (isLoopback(socket.remoteAddress) && hasTraceOfProxy(req, addressHeaders)) return false;
    // Nobody here reads the syntax of `Forwarded`: present means it came through something unknown.
    if (headers.forwarded !== undefined) return false;
    const forwarded = addressHeaders.flatMap((name) => headers[name]).filter((value) => value !== undefined);
    const addresses = forwarded.flatMap((value) => value.split(','));
    const isKnown = wanted === undefined ? isPrivate : isLoopback;
    return isKnown(socket.remoteAddress) && isKnown(ip) && addresses.every(isKnown);
  };
}
