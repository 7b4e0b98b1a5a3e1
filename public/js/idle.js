import { speakDuration } from './shared/duration.js';
import { runningClock, serverTime } from './clock.js';

/**
 * Notices that nobody was there while a timer runs. The last sign of life is kept in this browser (shared by its tabs)
 * and goes nowhere; only the moment that the person chooses to stop at is sent, by their own click.
 */
const KEY = 'tt-last-active';
const dialog = document.getElementById('idle');
let lastWritten = 0;

if (dialog) {
  for (const sign of ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchstart']) {
    document.addEventListener(sign, onSignOfLife, { passive: true, capture: true });
  }
  document.addEventListener('visibilitychange', () => !document.hidden && look());
  dialog.addEventListener('close', remember);
  dialog.querySelector('form').addEventListener('submit', () => dialog.close());
  setInterval(look, 20_000);
  look();
}

function onSignOfLife() {
  if (Date.now() - lastWritten < 3000 || dialog.open) return;
  look();
  if (!dialog.open) remember();
}

function remember() {
  lastWritten = Date.now();
  try {
    localStorage.setItem(KEY, String(lastWritten));
  } catch {
    // Storage may be switched off; this tab alone then knows.
  }
}

function lastActive() {
  let stored = 0;
  try {
    stored = Number(localStorage.getItem(KEY)) || 0;
  } catch {
    // As above.
  }
  return Math.max(stored, lastWritten);
}

function look() {
  const clock = runningClock();
  const last = lastActive();
  if (!clock || last === 0 || dialog.open) return;
  const startedAt = Number(clock.dataset.at) - Number(clock.dataset.seconds) * 1000;
  const since = Math.max(serverTime(last), startedAt);
  const awaySeconds = Math.floor((serverTime(Date.now()) - since) / 1000);
  if (awaySeconds < Number(dialog.dataset.minutes) * 60) return;
  ask(since, awaySeconds);
}

function ask(since, awaySeconds) {
  const { lang } = document.documentElement;
  dialog.querySelector('[data-idle-text]').textContent = dialog.dataset.text
    .replace('{clock}', clockOf(since, lang))
    .replace('{duration}', speakDuration(awaySeconds - (awaySeconds % 60), lang));
  dialog.querySelector('[name="stopped_at"]').value = String(since);
  // The page may have changed since the dialog came with it.
  dialog.querySelector('[name="return_to"]').value = location.pathname + location.search;
  dialog.showModal();
}

/** The time of day in the person's zone, which need not be the browser's. */
function clockOf(ms, lang) {
  const format = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
  try {
    return new Intl.DateTimeFormat(lang, { ...format, timeZone: dialog.dataset.zone }).format(ms);
  } catch {
    // An old browser may not know the zone's name.
    return new Intl.DateTimeFormat(lang, format).format(ms);
  }
}
