import { serverTime, showTitle } from './clock.js';
import { keepHands, returnHands } from './keep.js';
import { isAsking } from './requests.js';
import { forgetClosedEditors, rememberRow, startEditing, suspendMenu } from './rows.js';
import { adoptFlash, forgetUndo, showProblem, words } from './toast.js';

/**
 * How pages change: htmx fetches the same full pages that a browser would and changes what differs. Here is what it does
 * not decide by itself: history, focus, progress, and answers that are no page of ours.
 */
const root = document.documentElement;
const channel = new window.BroadcastChannel('timetracker');
const methodOf = (ctx) => ctx.request.method;
let underWay = 0;
let goesToTop = false;
let focusAfter = [];
let reopenMenu;

document.addEventListener('submit', ({ submitter }) => submitter?.classList.add('is-pressed'), true);
window.addEventListener('pageshow', releaseButtons);

document.addEventListener('htmx:before:request', () => {
  underWay += 1;
  root.classList.add('is-loading');
});
document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
  underWay = Math.max(0, underWay - 1);
  if (underWay === 0) root.classList.remove('is-loading');
  if (!isAsking()) releaseButtons();
  if (methodOf(ctx) === 'POST' && ctx.response?.raw.redirected) channel.postMessage('changed');
});
document.addEventListener('htmx:error', ({ detail: { ctx } }) => {
  if (ctx && !ctx.background) showProblem(words().offline);
});

document.addEventListener('htmx:before:swap', (event) => {
  const { ctx, tasks } = event.detail;
  const main = tasks.find((task) => task.type === 'main');
  if (main && main.fragment.childElementCount === 0) {
    event.preventDefault();
    answerIsNoPage(ctx);
    return;
  }
  // Hands may have come to the page since it was asked for.
  if (ctx.background && (hasHandsOnBar() || (ctx.target.id === 'app' && isBusy()))) {
    event.preventDefault();
    isStale = true;
    return;
  }
  goesToTop = false;
  focusAfter = placesNear(ctx.request.submitter ?? ctx.sourceElement);
  if (ctx.editor) rememberRow(ctx.target);
  keepHands({ ctx, main });
  reopenMenu = suspendMenu();
});

document.addEventListener('htmx:before:history:update', (event) => {
  const { history: action, response, sourceElement } = event.detail;
  const here = location.pathname + location.search;
  // The address of a form that was refused is no page to come back to.
  const isRefusedForm = sourceElement.matches('form[method="post"]') && !response.raw.redirected;
  if (isRefusedForm) {
    event.preventDefault();
    return;
  }
  if (action.path === here) action.type = 'replace';
  goesToTop = new URL(action.path, location.href).pathname !== location.pathname;
});

document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
  returnHands(ctx);
  forgetClosedEditors();
  if (ctx.editor) startEditing(ctx.sourceElement, ctx.editor);
  if (ctx.response?.raw.redirected) forgetUndo(ctx.sourceElement);
  adoptFlash();
  if (!goesToTop && methodOf(ctx) === 'POST') reopenMenu();
  if (methodOf(ctx) === 'GET' && !ctx.background) resetFilters();
  if (goesToTop) window.scrollTo({ top: 0, behavior: 'instant' });
  if (!ctx.background) placeFocus(ctx);
  // htmx sets the title of the answer right after this event.
  setTimeout(showTitle);
});

function releaseButtons() {
  for (const button of document.querySelectorAll('.is-pressed')) button.classList.remove('is-pressed');
}

/** Filters show what the page shows: a choice that was made but not applied does not slip into the next one. */
function resetFilters() {
  for (const form of document.querySelectorAll('main form[method="get"]')) {
    if (!form.contains(document.activeElement) || document.activeElement.matches('button')) form.reset();
  }
}

/** Where the focus may go when the element that has it disappears: the row, its neighbours, the timer. */
function placesNear(source) {
  const row = source.closest('.entry');
  const near = [row, row?.nextElementSibling, row?.previousElementSibling];
  return near.filter(Boolean).map(({ id }) => id.replace('entry-', 'edit-'));
}

function placeFocus(ctx) {
  const refused = ctx.response?.status === 422;
  const problem = refused ? document.querySelector('#app [aria-invalid="true"]') : null;
  if (problem) {
    problem.focus();
    return;
  }
  if (document.activeElement && document.activeElement !== document.body && !goesToTop) return;
  if (document.querySelector('main [autofocus]') === document.activeElement && goesToTop) return;
  const place = goesToTop ? undefined : focusAfter.map((id) => document.getElementById(id)).find(Boolean);
  (place ?? document.getElementById('main'))?.focus({ preventScroll: true });
}

/** The answer is an error page, the sign-in page, or something else without our frame. */
function answerIsNoPage(ctx) {
  if (ctx.background) return;
  const { raw, status } = ctx.response;
  const isNavigation = methodOf(ctx) === 'GET' && ctx.sourceElement.matches('a, form');
  if (isNavigation) {
    location.assign(raw.url || ctx.request.action);
  } else if (new URL(raw.url).pathname === '/login') {
    showProblem(words().signedOut, { href: '/login', text: words().signIn });
  } else {
    // That of 500 leads to a number which only the page shows; one of a proxy has none of our sentences.
    const page = new window.DOMParser().parseFromString(ctx.text, 'text/html');
    const sentence = status === 500 ? undefined : page.querySelector('[data-error-text]')?.textContent;
    showProblem(sentence ?? words().failed);
  }
}

// Other tabs and other devices change the timer too: a page that was out of sight is brought up to date.
const FRESH_FOR_MS = 60_000;
const LOOK_EVERY_MS = 15_000;
const ASK_AGAIN_MS = 600_000;
let hiddenAt = 0;
let isStale = false;
let askedAtMidnight = 0;

channel.addEventListener('message', () => {
  isStale = true;
  refresh();
});
document.addEventListener('visibilitychange', () => {
  if (document.hidden) hiddenAt = Date.now();
  else if (isStale || isOfYesterday() || Date.now() - hiddenAt > FRESH_FOR_MS) refresh();
});
setInterval(() => {
  if ((isStale || isOfYesterday()) && !isBusy()) refresh();
}, LOOK_EVERY_MS);

/** True once the person's midnight has passed; where this machine's clock is wrong it is not asked all the time. */
function isOfYesterday() {
  const midnight = Number(document.getElementById('app')?.dataset.nextMidnight);
  if (!midnight || serverTime(Date.now()) < midnight) return false;
  return Date.now() - askedAtMidnight > ASK_AGAIN_MS;
}

/** Nothing under the person's hands may change: with a form or menu open only the bar is renewed, or nothing at all. */
function refresh() {
  if (document.hidden || isAsking() || !document.getElementById('timer-bar') || hasHandsOnBar()) return;
  const part = isBusy() ? '#timer-bar' : '#app';
  if (isOfYesterday()) askedAtMidnight = Date.now();
  // With the bar alone renewed the rest is still old.
  isStale = part !== '#app';
  void htmx.ajax('GET', location.pathname + location.search, {
    source: document.body,
    target: part,
    select: part,
    swap: 'outerMorph ignoreTitle:true',
    background: true,
  });
}

const hasHandsOnBar = () =>
  document.querySelector('#timer-bar:focus-within, #timer-bar details[open]') !== null;

const isBusy = () =>
  document.querySelector(
    '.is-editing, #bulk[data-any], details[open], dialog[open], #row-menu:not([hidden]), main :is(input, textarea, select):focus',
  ) !== null;

adoptFlash();
