const STAYS_MS = 12_000;
const UNDO_STAYS_MS = 30_000;
const UNDO_AT_MOST = 3;
/** What somebody just looked at does not vanish the moment they look away. */
const AFTER_A_LOOK_MS = 4000;
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

/** Takes away the offer to undo that was taken. */
export const forgetUndo = (form) => form.closest('.toast')?.remove();

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

const offersUndo = (toast) => toast.querySelector('form') !== null;

/** The newest message stands last; an older one gives way, an older offer to undo only to the third after it. */
function place(toast) {
  const earlier = [...region().children];
  for (const other of earlier) if (!offersUndo(other)) other.remove();
  if (offersUndo(toast))
    for (const other of earlier.filter(offersUndo).slice(0, 1 - UNDO_AT_MOST)) other.remove();
  const close = document.createElement('button');
  Object.assign(close, { type: 'button', className: 'icon-button', textContent: '×' });
  close.setAttribute('aria-label', words().closeLabel);
  close.addEventListener('click', () => toast.remove());
  toast.append(close);
  region().append(toast);
  leaveUnwatched(toast);
}

/** Takes the message away after its time; the time stands still while nobody can see it or somebody is at it. */
function leaveUnwatched(toast) {
  let remainingMs = offersUndo(toast) ? UNDO_STAYS_MS : STAYS_MS;
  const timer = setInterval(() => {
    if (!toast.isConnected) clearInterval(timer);
    else if (document.hidden || toast.matches(':hover, :focus-within'))
      remainingMs = Math.max(remainingMs, AFTER_A_LOOK_MS);
    else if ((remainingMs -= 500) <= 0) toast.remove();
  }, 500);
}

// The page may have gone on since the offer was made: undoing leads back to where the person is now.
document.addEventListener(
  'submit',
  ({ target }) => {
    if (target.closest('.toast')) target.elements.return_to.value = location.pathname + location.search;
  },
  true,
);

// In the capturing phase, to see what else is open before Escape closes it.
document.addEventListener(
  'keydown',
  ({ key, target }) => {
    if (key !== 'Escape') return;
    const own = target.closest('.toast');
    const isMeantElsewhere = document.querySelector(
      'dialog[open], details.menu[open], #row-menu:not([hidden]), .is-editing :focus, [aria-expanded="true"]:focus',
    );
    const toast = own ?? (isMeantElsewhere ? null : region()?.lastElementChild);
    if (!toast) return;
    toast.remove();
    if (own) document.getElementById('main')?.focus({ preventScroll: true });
  },
  true,
);
