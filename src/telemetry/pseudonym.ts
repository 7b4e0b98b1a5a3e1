import { createHmac } from 'node:crypto';

/** A pseudonym of one channel says nothing about the same person's in another. */
export type PseudonymNamespace = 'analytics' | 'errors';

export interface Pseudonymized {
  namespace: PseudonymNamespace;
  /** 'user', 'project', 'client', … */
  kind: string;
  /** Null stands for nobody known: one pseudonym per installation and kind. */
  id: number | null;
}

/**
 * What stands for a row outside: HMAC-SHA-256 of its id, keyed with the installation's secret, cut to 72 bits as 12
 * characters of base64url. Without the secret it cannot be computed from the id; with it, by this server only. 72 bits
 * keep ten million people of one destination apart, and three of them fit an event of 350 bytes.
 */
export function pseudonym(secret: string, { namespace, kind, id }: Pseudonymized): string {
  const text = `${namespace}:${kind}:${id ?? 'nobody'}`;
  if (kept.secret !== secret || kept.byText.size >= keptMax) kept = { secret, byText: new Map() };
  let found = kept.byText.get(text);
  if (found === undefined) {
    found = createHmac('sha256', secret).update(text).digest().subarray(0, 9).toString('base64url');
    kept.byText.set(text, found);
  }
  return found;
}

/** Whoever tracks time does so all day, and the same answer costs a fiftieth when it is kept. */
const keptMax = 5_000;
let kept: { secret: string; byText: Map<string, string> } = { secret: '', byText: new Map() };
