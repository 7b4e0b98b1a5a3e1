/** Other tabs and other devices change the timer too: a page that was out of sight is brought up to date. */
const FRESH_FOR_MS = 60_000;
const channel = new window.BroadcastChannel('timetracker');
let hiddenAt = 0;
let isStale = false;

channel.addEventListener('message', () => {
  isStale = true;
  if (!document.hidden) refresh();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) hiddenAt = Date.now();
  else if (isStale || Date.now() - hiddenAt > FRESH_FOR_MS) refresh();
});

/** Nothing under the person's hands may change: with a form or menu open only the bar is renewed, or nothing at all. */
function refresh() {
  const bar = document.getElementById('timer-bar');
  if (!bar || bar.contains(document.activeElement) || bar.querySelector('details[open]')) return;
  const isBusy = document.querySelector('.is-editing, details[open], dialog[open]') || isTypingInMain();
  const part = isBusy ? '#timer-bar' : '#app';
  isStale = false;
  void htmx.ajax('GET', location.pathname + location.search, {
    source: document.body,
    target: part,
    select: part,
    swap: 'outerMorph ignoreTitle:true',
    background: true,
  });
}

const isTypingInMain = () =>
  document.querySelector('main')?.contains(document.activeElement) &&
  /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
