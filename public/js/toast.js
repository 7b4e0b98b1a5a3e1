const STAYS_MS = 12_000;
const region = () => document.getElementById('toasts');

/** Words that the server wrote for the messages of this file. */
export const words = () => region().dataset;

/** Moves the message that came with the page into the live region, which was there before it and announces it. */
export function adoptFlash() {
  const flash = document.getElementById('flash');
  if (!flash) return;
  flash.removeAttribute('id');
  flash.removeAttribute('role');
  place(flash);
}

/**
 * @param text - one sentence.
 * @param link - optional `{ href, text }`, opened in a new tab so that nothing typed is lost.
 */
export function showProblem(text, link) {
  const toast = document.createElement('div');
  toast.className = 'toast toast-error';
  const sentence = document.createElement('p');
  sentence.textContent = text;
  toast.append(sentence);
  if (link) {
    const anchor = document.createElement('a');
    Object.assign(anchor, { href: link.href, textContent: link.text, target: '_blank', className: 'button' });
    toast.append(anchor);
  }
  place(toast);
}

function place(toast) {
  region().replaceChildren(toast);
  const close = document.createElement('button');
  Object.assign(close, { type: 'button', className: 'icon-button', textContent: '×' });
  close.setAttribute('aria-label', words().closeLabel);
  close.addEventListener('click', () => toast.remove());
  toast.append(close);
  leaveUnwatched(toast);
}

/** Takes the message away after its time; the time stands still while somebody points at it or is inside it. */
function leaveUnwatched(toast) {
  let remainingMs = STAYS_MS;
  const timer = setInterval(() => {
    if (!toast.isConnected) clearInterval(timer);
    else if (document.hidden || toast.matches(':hover, :focus-within')) remainingMs = STAYS_MS;
    else if ((remainingMs -= 500) <= 0) toast.remove();
  }, 500);
}
