import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { AppError } from '../shared/errors.ts';
import type { Encoding } from './compression.ts';

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};
const compressible = new Set(['.css', '.js', '.svg', '.txt', '.webmanifest']);

export interface Asset {
  type: string;
  /** Address with the fingerprint of the content: it may be cached for ever. */
  address: string;
  body: Buffer;
  /** The body in an encoding; the smallest is made at the first request and kept. */
  encoded: (encoding: Encoding) => Promise<Buffer>;
}

export interface Assets {
  /** Fingerprinted address of a file below `public/`. @throws AppError for a file that does not exist. */
  path: (file: string) => string;
  /** The asset of an address; `current` is false when the fingerprint is of another version. */
  find: (address: string) => { asset: Asset; current: boolean } | undefined;
  files: () => string[];
}

/** Files outside `public/` that are served as if they were in it. */
export interface MappedFile {
  /** Name below `public/`. */
  name: string;
  /** Absolute path. */
  source: string;
}

/**
 * Reads every public file once and gives each an address with its fingerprint; imports and url(…) between the files are
 * rewritten to those addresses, so that everything may be cached for ever.
 */
export function createAssets(folder: string, mapped: MappedFile[]): Assets {
  const sources = new Map(listFiles(folder).map((name) => [name, join(folder, name)]));
  for (const { name, source } of mapped) sources.set(name, source);
  const made = new Map<string, Asset>();
  const making = new Set<string>();

  function assetOf(name: string): Asset {
    const known = made.get(name);
    if (known) return known;
    const source = sources.get(name);
    if (source === undefined) throw new AppError('not_found', 'no_such_asset');
    if (making.has(name)) throw new Error(`public files refer to each other in a circle: ${name}`);
    making.add(name);
    const asset = makeAsset(name, readFileSync(source), (target) => assetOf(target).address);
    made.set(name, asset);
    return asset;
  }

  for (const name of sources.keys()) assetOf(name);
  const byAddress = new Map([...made.values()].map((asset) => [asset.address, asset]));
  return {
    path: (file) => assetOf(file).address,
    files: () => [...sources.keys()],
    find: (address) => {
      const asset = byAddress.get(address);
      if (asset) return { asset, current: true };
      const older = /^\/assets\/(.+)\.[0-9a-f]{12}(\.[a-z]+)$/.exec(address);
      const current = older ? made.get(`${older[1]}${older[2]}`) : undefined;
      return current ? { asset: current, current: false } : undefined;
    },
  };
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && types[extname(entry.name)] !== undefined)
    .map((entry) => posix.relative(folder, posix.join(entry.parentPath, entry.name)));
}

function makeAsset(name: string, source: Buffer, addressOf: (name: string) => string): Asset {
  const extension = extname(name);
  const body = rewriteReferences(name, extension, source, addressOf);
  const fingerprint = hash('sha256', body).slice(0, 12);
  const encodings = new Map<Encoding, Promise<Buffer>>();
  return {
    type: types[extension] ?? 'application/octet-stream',
    address: `/assets/${name.slice(0, -extension.length)}.${fingerprint}${extension}`,
    body,
    encoded: (encoding) => {
      if (encoding === 'identity' || !compressible.has(extension)) return Promise.resolve(body);
      let encoded = encodings.get(encoding);
      if (!encoded) {
        encoded = encoding === 'br' ? brotli(body, smallest) : zip(body, { level: 9 });
        encodings.set(encoding, encoded);
      }
      return encoded;
    },
  };
}

const brotli = promisify<Buffer, object, Buffer>(brotliCompress);
const zip = promisify<Buffer, object, Buffer>(gzip);
const smallest = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };

function rewriteReferences(
  name: string,
  extension: string,
  source: Buffer,
  addressOf: (name: string) => string,
): Buffer {
  const resolve = (reference: string) => addressOf(posix.join(posix.dirname(name), reference));
  if (extension === '.js') {
    const text = source
      .toString('utf8')
      .replace(
        /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+)\2/g,
        (_all, before: string, quote: string, to: string) => {
          return `${before}${quote}${resolve(to)}${quote}`;
        },
      )
      .replace(/\n\/\/# sourceMappingURL=.*/g, '');
    return Buffer.from(text);
  }
  if (extension === '.css') {
    const text = source
      .toString('utf8')
      .replace(/url\((['"]?)(?!data:|#|\/)([^'")]+)\1\)/g, (_all, _quote, to: string) => {
        return `url(${resolve(to)})`;
      });
    return Buffer.from(text);
  }
  return source;
}
