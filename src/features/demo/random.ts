/**
 * Random numbers that are the same on every machine for the same key. Every day of a person has a key of its own, so
 * that a longer history or a larger team leaves the days that were there as they are. Not for secrets.
 */
export interface Random {
  /** A number from 0 up to, and without, 1. */
  next: () => number;
  /** A whole number, both ends included. */
  between: (minimum: number, maximum: number) => number;
  chance: (probability: number) => boolean;
  /** One of a list that is not empty. */
  pick: <Item>(list: readonly Item[]) => Item;
  /** One of a list that is not empty, the heavier the likelier. */
  pickWeighted: <Item extends { weight: number }>(list: readonly Item[]) => Item;
}

export function randomOf(...key: (string | number)[]): Random {
  let state = hashOf(key.join('|'));
  // mulberry32: 32 bits of state are plenty for one day's decisions.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    between: (minimum, maximum) => minimum + Math.floor(next() * (maximum - minimum + 1)),
    chance: (probability) => next() < probability,
    pick: (list) => itemAt(list, Math.floor(next() * list.length)),
    pickWeighted: (list) => itemAt(list, weightedIndex(list, next())),
  };
}

/** FNV-1a with murmur's final mixing, so that keys that differ in one digit share nothing. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function weightedIndex(list: readonly { weight: number }[], share: number): number {
  let left = share * list.reduce((sum, { weight }) => sum + weight, 0);
  for (const [index, { weight }] of list.entries()) {
    left -= weight;
    if (left < 0) return index;
  }
  return list.length - 1;
}

function itemAt<Item>(list: readonly Item[], index: number): Item {
  if (list.length === 0) throw new RangeError('nothing to pick from');
  return list[index] as Item;
}
