import { expect } from 'vitest';
import type { Installation } from './installation.ts';

/** What the database must say of a piece of work that has its number in its text: `ada-7 v2`. */
interface Known {
  version: number;
  isRunning: boolean;
  isDeleted: boolean;
}

interface Found {
  id: number;
  version: number;
  isRunning: boolean;
}

type Send = (path: string, fields: Record<string, string>) => Promise<'answered' | 'cut'>;

/**
 * Somebody with one tab: starts a timer, renames it while it runs, stops it, renames and deletes what is finished, adds
 * time by hand. Remembers what was answered, and the one change that was on its way when the server went.
 */
export class WorkingPerson {
  /** Changes that the server has answered. */
  answered = 0;
  readonly #name: string;
  readonly #user_id: number;
  readonly #cookie: string;
  readonly #known = new Map<number, Known>();
  /** Ids of finished work, as of the last comparison. */
  readonly #ids = new Map<number, number>();
  /** The number that may be either as it was or as it was to become. */
  #unsure: { number: number; wanted: Known } | undefined;
  #next = 1;
  #date = Date.UTC(2020, 0, 1);

  constructor(name: string, user_id: number, cookie: string) {
    this.#name = name;
    this.#user_id = user_id;
    this.#cookie = cookie;
  }

  /** Works until the server is gone. */
  async work(address: string, isOver: () => boolean): Promise<void> {
    const send = this.#sender(address);
    const left = [...this.#known].find(([, { isRunning, isDeleted }]) => isRunning && !isDeleted)?.[0];
    if (left !== undefined && !(await this.#stop(send, left))) return;
    while (!isOver()) {
      const number = this.#next++;
      const isThere =
        (await this.#start(send, number)) &&
        (await this.#rename(send, number, '/timer/running')) &&
        (await this.#stop(send, number)) &&
        (await this.#add(send, this.#next++)) &&
        (await this.#touchFinished(send));
      if (!isThere) return;
    }
  }

  /** Holds what the database has against what was answered, and goes on from what it has. */
  async compare(installation: Installation): Promise<void> {
    const found = await this.#find(installation);
    for (const [number, known] of this.#known) {
      const row = found.get(number);
      const isUnsure = this.#unsure?.number === number;
      if (isUnsure && this.#matches(row, this.#unsure?.wanted)) continue;
      expect(this.#matches(row, known), `${this.#name}-${number} is ${JSON.stringify({ known, row })}`).toBe(
        true,
      );
    }
    const extra = [...found.keys()].filter((number) => !this.#known.has(number));
    expect(extra.filter((number) => number !== this.#unsure?.number)).toEqual([]);
    this.#unsure = undefined;
    this.#known.clear();
    this.#ids.clear();
    for (const [number, { id, version, isRunning }] of found) {
      this.#known.set(number, { version, isRunning, isDeleted: false });
      if (!isRunning) this.#ids.set(number, id);
    }
  }

  #matches(row: Found | undefined, known: Known | undefined): boolean {
    if (known === undefined || known.isDeleted) return row === undefined;
    return row?.version === known.version && row.isRunning === known.isRunning;
  }

  async #find({ look }: Installation): Promise<Map<number, Found>> {
    const rows = await look(({ db }) =>
      db
        .selectFrom('entries')
        .select(['id', 'description', 'ended_at'])
        .where('user_id', '=', this.#user_id)
        .execute(),
    );
    const found = new Map<number, Found>();
    for (const { id, description, ended_at } of rows) {
      const [, number, version] = /-(\d+) v(\d+)$/.exec(description) ?? [];
      expect(found.has(Number(number)), `${description} is there twice`).toBe(false);
      found.set(Number(number), { id, version: Number(version), isRunning: ended_at === null });
    }
    return found;
  }

  #sender(address: string): Send {
    return async (path, fields) => {
      const answer = await fetch(`${address}${path}`, {
        ...{ method: 'POST', redirect: 'manual', headers: { cookie: this.#cookie } },
        body: new URLSearchParams(fields),
      }).catch(() => undefined);
      if (answer === undefined) return 'cut';
      expect(`${answer.status} of ${path}`).toBe(`303 of ${path}`);
      return 'answered';
    };
  }

  /** Sends a change and remembers what came of it. @returns false when the server is gone. */
  async #change(number: number, wanted: Known, sent: ReturnType<Send>): Promise<boolean> {
    this.#unsure = { number, wanted };
    if ((await sent) === 'cut') return false;
    this.#unsure = undefined;
    this.#known.set(number, wanted);
    this.answered += 1;
    return true;
  }

  #text(number: number, version: number): string {
    return `${this.#name}-${number} v${version}`;
  }

  #start(send: Send, number: number): Promise<boolean> {
    const sent = send('/timer/start', { text: this.#text(number, 1) });
    return this.#change(number, { version: 1, isRunning: true, isDeleted: false }, sent);
  }

  #rename(send: Send, number: number, path: string): Promise<boolean> {
    const known = this.#known.get(number) as Known;
    const version = known.version + 1;
    return this.#change(number, { ...known, version }, send(path, { text: this.#text(number, version) }));
  }

  #stop(send: Send, number: number): Promise<boolean> {
    const known = this.#known.get(number) as Known;
    return this.#change(number, { ...known, isRunning: false }, send('/timer/stop', {}));
  }

  #add(send: Send, number: number): Promise<boolean> {
    // A day of its own, so that nothing overlaps.
    this.#date += 86_400_000;
    const local_date = new Date(this.#date).toISOString().slice(0, 10);
    const times = { local_date, started_time: '9:00', ended_time: '10:00', duration: '' };
    const sent = send('/entries', { text: this.#text(number, 1), ...times });
    return this.#change(number, { version: 1, isRunning: false, isDeleted: false }, sent);
  }

  /** Renames something that an earlier server has stored, and deletes another. */
  async #touchFinished(send: Send): Promise<boolean> {
    const [[first, id] = [], [second, other] = []] = [...this.#ids].sort(() => Math.random() - 0.5);
    if (first !== undefined) {
      this.#ids.delete(first);
      if (!(await this.#rename(send, first, `/entries/${id}`))) return false;
    }
    if (second === undefined) return true;
    this.#ids.delete(second);
    const known = this.#known.get(second) as Known;
    const sent = send(`/entries/${other}/delete`, {});
    return this.#change(second, { ...known, isDeleted: true }, sent);
  }
}
