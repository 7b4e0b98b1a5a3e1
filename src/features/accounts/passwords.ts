import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const argon2id = promisify(
  (
    parameters: {
      message: string;
      nonce: Buffer;
      memory: number;
      passes: number;
      parallelism: number;
      tagLength: number;
    },
    callback: (error: Error | null, tag: Buffer) => void,
  ) => argon2('argon2id', parameters, callback),
);

/** OWASP's smallest recommended set: 19 MiB, two passes, one lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };

/** @returns the password's hash as a PHC string; runs in the thread pool. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const tag = await argon2id({ message: password.normalize('NFKC'), nonce: salt, ...cost });
  const parameters = `m=${cost.memory},t=${cost.passes},p=${cost.parallelism}`;
  return `$argon2id$v=19$${parameters}$${unpadded(salt)}$${unpadded(tag)}`;
}

/**
 * @param stored - PHC string; undefined for an unknown person, which costs the same time as a wrong password, so that
 *   the answer does not tell who has an account.
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const parts = parsePhc(stored ?? nobody);
  if (!parts) return false;
  const tag = await argon2id({ message: password.normalize('NFKC'), ...parts.cost, nonce: parts.salt });
  return timingSafeEqual(tag, parts.tag) && stored !== undefined;
}

const nobody = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

function parsePhc(text: string) {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text);
  if (!match) return undefined;
  const [, memory, passes, parallelism, salt, tag] = match;
  const tagBytes = Buffer.from(tag ?? '', 'base64');
  return {
    cost: {
      memory: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
      tagLength: tagBytes.length,
    },
    salt: Buffer.from(salt ?? '', 'base64'),
    tag: tagBytes,
  };
}

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
