const WARM_UP = 10;
const REPEATS = 20;

/** Runs the work 20 times after 10 warm-ups and returns the longest gap between two event-loop turns of each, in ms. */
export async function longestBlocksMs(work: () => Promise<unknown>): Promise<number[]> {
  const blocks: number[] = [];
  for (let n = 0; n < WARM_UP + REPEATS; n += 1) {
    const block = await longestGapMs(work);
    if (n >= WARM_UP) blocks.push(block);
  }
  return blocks;
}

async function longestGapMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let lastTurn = performance.now();
  let isDone = false;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - lastTurn);
    lastTurn = now;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await new Promise((resolve) => setImmediate(resolve));
  await work();
  isDone = true;
  // The turn after the work closes the gap the work has opened.
  await new Promise((resolve) => setImmediate(resolve));
  turn();
  return longest;
}
