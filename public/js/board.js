/**
 * The board of tasks: a card is taken by mouse anywhere, by touch and keyboard at its handle. It moves at once and the
 * server is asked by the card's own form, the one that its buttons use without any of this; where that fails the card
 * goes back.
 */
const STARTS_AFTER_PX = 6;
const EDGE_PX = 72;
const STEP_PX = 14;

/** What is being moved: `home` is where it came from, `ghost` what follows the pointer. */
let lift;

const board = () => document.getElementById('board');
const columnOf = (card) => card.closest('.board-column');
const cardsOf = (column) => [...column.querySelectorAll('.board-card')];
const handleOf = (card) => card.querySelector('.board-handle');

const fill = (text, card) => {
  const cards = cardsOf(columnOf(card));
  const words = {
    '%n': card.dataset.name,
    '%c': columnOf(card).dataset.name,
    '%p': cards.indexOf(card) + 1,
    '%t': cards.length,
  };
  return text.replaceAll(/%[ncpt]/g, (word) => words[word]);
};
function say(text, card) {
  document.getElementById('board-said').textContent = fill(text, card);
}

/** Puts a card into a column before another one (null: last), and keeps the focus that moving takes from it. */
function put(card, column, next) {
  const focused = document.activeElement;
  column.querySelector('ul').insertBefore(card, next);
  if (card.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
}

function begin(card, more) {
  lift = { card, home: { column: columnOf(card), next: card.nextElementSibling }, ...more };
  card.classList.add('is-lifted');
}

function end() {
  const { card, ghost } = lift;
  ghost?.remove();
  card.classList.remove('is-lifted');
  handleOf(card).setAttribute('aria-pressed', 'false');
  const ended = lift;
  lift = undefined;
  return ended;
}

function goBack() {
  const { card, home } = lift;
  put(card, home.column, home.next);
  say(board().dataset.back, card);
  end();
}

function drop() {
  const { card, home } = end();
  const column = columnOf(card);
  if (column === home.column && card.nextElementSibling === home.next) {
    say(board().dataset.back, card);
    return;
  }
  say(board().dataset.dropped, card);
  count(home.column, -1);
  count(column, 1);
  const form = card.querySelector('.board-order');
  const field = (name) => form.querySelector(`input[name="${name}"]`);
  field('status').value = column.dataset.status;
  field('before_id').value = card.nextElementSibling?.dataset.id ?? '';
  field('after_id').value = card.nextElementSibling ? '' : (card.previousElementSibling?.dataset.id ?? '');
  asked.set(form, home);
  form.requestSubmit();
}

function count(column, by) {
  const figure = column.querySelector('[data-count]');
  // As the server wrote it, digits may be grouped: then it is left to the server.
  if (/^\d+$/.test(figure.textContent)) figure.textContent = String(Number(figure.textContent) + by);
}

/** Where cards came from whose forms are under way. */
const asked = new Map();

document.addEventListener('htmx:finally:request', ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  const home = asked.get(form);
  if (!home) return;
  asked.delete(form);
  if (ctx.response?.raw.redirected && new URL(ctx.response.raw.url).pathname === location.pathname) return;
  const card = form.closest('.board-card');
  if (!card?.isConnected || lift) return;
  count(columnOf(card), -1);
  count(home.column, 1);
  put(card, home.column, home.next?.isConnected ? home.next : null);
  form.reset();
  say(board().dataset.back, card);
});

// A page that renews itself does not take a card out of somebody's hand.
document.addEventListener('htmx:before:swap', (event) => {
  if (lift && event.detail.ctx.background) event.preventDefault();
});

// The pointer.
/** A card that is pressed and has not moved yet. */
let waiting;
/** The click that comes when a card is let go, if it comes, is none. */
let wasDragged = false;

document.addEventListener('pointerdown', (event) => {
  wasDragged = false;
  waiting = undefined;
  const card = event.target.closest?.('.board-card');
  if (!card || event.button !== 0 || !event.isPrimary || lift) return;
  const handle = event.target.closest('.board-handle');
  const isOnControl = event.target.closest('button, select, input') !== null;
  if (!handle && (event.pointerType !== 'mouse' || isOnControl)) return;
  const { left, top } = card.getBoundingClientRect();
  const { clientX: x, clientY: y, pointerId } = event;
  waiting = { card, x, y, pointerId, offset: { x: x - left, y: y - top } };
});

document.addEventListener('pointermove', (event) => {
  if (waiting?.pointerId === event.pointerId && !lift) {
    if (Math.hypot(event.clientX - waiting.x, event.clientY - waiting.y) < STARTS_AFTER_PX) return;
    const { card, offset, pointerId } = waiting;
    begin(card, { offset, pointerId, ghost: ghostOf(card) });
    // Not to the card: what is moved in the page loses its pointer.
    document.documentElement.setPointerCapture(pointerId);
    wasDragged = true;
  }
  if (lift?.pointerId !== event.pointerId) return;
  event.preventDefault();
  follow(event);
});

// A card is dragged by us, not by the browser, and nothing is selected on the way.
document.addEventListener('selectstart', (event) => {
  if (waiting || lift?.ghost) event.preventDefault();
});
document.addEventListener('dragstart', (event) => {
  if (event.target.closest?.('.board-card')) event.preventDefault();
});

function ghostOf(card) {
  const ghost = card.cloneNode(true);
  for (const element of [ghost, ...ghost.querySelectorAll('[id]')]) element.removeAttribute('id');
  ghost.classList.add('board-ghost');
  ghost.setAttribute('aria-hidden', 'true');
  ghost.inert = true;
  ghost.style.inlineSize = `${card.offsetWidth}px`;
  document.body.append(ghost);
  return ghost;
}

/** The card goes where the pointer is: before the first card of that column whose middle is below it. */
function follow({ clientX: x, clientY: y }) {
  const { card, ghost, offset } = lift;
  ghost.style.translate = `${x - offset.x}px ${y - offset.y}px`;
  if (y < EDGE_PX) window.scrollBy(0, -STEP_PX);
  else if (y > window.innerHeight - EDGE_PX) window.scrollBy(0, STEP_PX);
  const column = document.elementFromPoint(x, y)?.closest('.board-column');
  if (!column) return;
  const next = cardsOf(column).find((other) => {
    const { top, height } = other.getBoundingClientRect();
    return other !== card && y < top + height / 2;
  });
  const place = next ?? null;
  if (columnOf(card) === column && (card.nextElementSibling === place || place === card)) return;
  put(card, column, place);
}

document.addEventListener('pointerup', ({ pointerId }) => {
  waiting = undefined;
  if (lift?.pointerId === pointerId) drop();
});
document.addEventListener('pointercancel', ({ pointerId }) => {
  waiting = undefined;
  if (lift?.pointerId === pointerId) goBack();
});

// The keyboard, and whatever presses a button without a pointer.
document.addEventListener(
  'click',
  (event) => {
    const isAfterDrag = wasDragged;
    wasDragged = false;
    const card = event.target.closest?.('.board-card');
    if (!card) return;
    if (isAfterDrag) {
      // Letting go over the name of the card is no click on it.
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (!event.target.closest('.board-handle')) return;
    if (lift) drop();
    else {
      begin(card, { keys: true });
      handleOf(card).setAttribute('aria-pressed', 'true');
      say(board().dataset.lifted, card);
    }
  },
  true,
);

document.addEventListener(
  'keydown',
  (event) => {
    if (!lift) return;
    const { card, keys } = lift;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      goBack();
    } else if (keys && event.key.startsWith('Arrow')) {
      event.preventDefault();
      step(card, event.key);
      card.scrollIntoView({ block: 'nearest' });
      say(board().dataset.at, card);
    }
  },
  true,
);

function step(card, key) {
  const column = columnOf(card);
  const { previousElementSibling: above, nextElementSibling: below } = card;
  if (key === 'ArrowUp' && above) put(card, column, above);
  if (key === 'ArrowDown' && below) put(card, column, below.nextElementSibling);
  const other =
    key === 'ArrowLeft'
      ? column.previousElementSibling
      : key === 'ArrowRight'
        ? column.nextElementSibling
        : null;
  if (other) put(card, other, cardsOf(other)[cardsOf(column).indexOf(card)] ?? null);
}

document.addEventListener('focusout', () => {
  // Moving a card takes the focus away for a moment; what is still away after that went elsewhere.
  setTimeout(() => {
    if (lift?.keys && document.activeElement !== handleOf(lift.card)) goBack();
  });
});
