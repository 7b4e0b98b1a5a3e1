import { randomUUID } from 'node:crypto';
import type { Db } from '../db/connect.ts';
import { releaseLease, renewLease, takeLease } from '../db/leases.ts';

/** The lease of somebody who died ends by itself after this time. */
const leaseMs = 5_000;
const renewedAfterMs = 1_000;

/**
 * Who delivers, where several instances share a database. Short and renewed often, so that after a crash the next one
 * need not wait long; should two hold it for a moment, destinations know the second copy by its idempotency key.
 */
export class DeliveryLease {
  readonly #db: Db;
  readonly #name: string;
  readonly #now: () => number;
  readonly #holder = randomUUID();
  #takenAt: number | undefined;

  constructor(db: Db, name: string, now: () => number) {
    this.#db = db;
    this.#name = name;
    this.#now = now;
  }

  get isHeld(): boolean {
    return this.#takenAt !== undefined;
  }

  /** Takes the lease or keeps it; false when another instance has it. */
  async keep(): Promise<boolean> {
    const now = this.#now();
    if (this.#takenAt !== undefined && Math.abs(now - this.#takenAt) < renewedAfterMs) return true;
    const lease = { name: this.#name, holder: this.#holder, until: now + leaseMs };
    const isOurs = this.isHeld
      ? await renewLease(this.#db, lease)
      : await takeLease(this.#db, { ...lease, now });
    this.#takenAt = isOurs ? now : undefined;
    return isOurs;
  }

  async release(): Promise<void> {
    if (!this.isHeld) return;
    this.#takenAt = undefined;
    await releaseLease(this.#db, { name: this.#name, holder: this.#holder });
  }
}
