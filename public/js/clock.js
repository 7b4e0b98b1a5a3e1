import { formatClock, formatDuration } from './shared/duration.js';

/** Server time minus this machine's, in milliseconds, as of the newest answer. */
let skewMs = 0;
let newestAt = 0;
const clocks = new Set();

/** The server's idea of a moment of this machine's clock. */
export const serverTime = (localMs) => Math.round(localMs + skewMs);

/** The running timer's clock, undefined while nothing runs. */
export const runningClock = () => document.querySelector('tt-clock[data-tab]') ?? undefined;

/**
 * Counts up from `data-seconds`, which was right at the server's time `data-at`. Both are stated, not "now", so that a
 * page that slept, came out of the cache or was drawn late still shows the right time.
 */
class Clock extends HTMLElement {
  static observedAttributes = ['data-seconds', 'data-at'];

  connectedCallback() {
    clocks.add(this);
    this.show();
  }

  disconnectedCallback() {
    clocks.delete(this);
    if (clocks.size === 0) showTitle();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.show();
  }

  /** Whole seconds counted so far. */
  get seconds() {
    const at = Number(this.dataset.at);
    if (at > newestAt) {
      newestAt = at;
      skewMs = at - Date.now();
    }
    return Number(this.dataset.seconds) + Math.max(0, Math.floor((serverTime(Date.now()) - at) / 1000));
  }

  show() {
    const text =
      this.dataset.style === 'clock'
        ? formatClock(this.seconds)
        : formatDuration(this.seconds, durationFormat(), document.documentElement.lang);
    if (this.textContent !== text) this.textContent = text;
    if (this.dataset.tab !== undefined) showTitle(text);
  }
}

const durationFormat = () => document.getElementById('app')?.dataset.durationFormat ?? 'clock';

/** The page's title, led by the running time. */
export function showTitle(time = runningClock()?.textContent) {
  const title = document.getElementById('app')?.dataset.title;
  if (title) document.title = time ? `${time} · ${title}` : title;
}

customElements.define('tt-clock', Clock);
setInterval(() => {
  for (const clock of clocks) clock.show();
}, 500);
