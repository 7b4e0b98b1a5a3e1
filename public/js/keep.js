import { renewClosedRow } from './rows.js';

/**
 * What a person is in the middle of survives the answer to something else that they did: forms they typed into, rows
 * they edit, panels they opened, and where the caret is. The rest of the page becomes what the server says.
 */
const touched = new WeakSet();
let swap;

document.addEventListener('input', ({ target }) => target.form && touched.add(target.form));

htmx.registerExtension('keep', {
  htmx_before_morph_node: (node, { newNode }) => !swap || !isKept(node, newNode),
  htmx_before_morph_attr: (node, { attrName, newValue }) => !swap || !staysOpen(node, attrName, newValue),
});

/** Notes what each field of a form holds as it is sent; what is typed after that is not part of it. */
document.addEventListener('htmx:config:request', ({ detail: { ctx } }) => {
  const { sourceElement: form, request } = ctx;
  if (request.method !== 'POST' || !form.matches('form')) return;
  ctx.sent = new Map(fieldsOf(form).map((field) => [field, valueOf(field)]));
  // Whoever goes on typing replaces what is on its way.
  if (form.matches('[data-reset]') && form.contains(document.activeElement))
    document.activeElement.select?.();
});

/** Call it right before an answer is put in place. */
export function keepHands({ ctx, main }) {
  const { request, response, sourceElement: source, background } = ctx;
  const isSamePage = new URL(response.raw.url).pathname === location.pathname;
  const isOwn = request.method === 'POST' && (isSamePage || !response.raw.redirected);
  const timer = main?.fragment.querySelector('.timer-running')?.id;
  const isOtherTimer = timer !== document.querySelector('.timer-running')?.id;
  swap = {
    source,
    isSamePage: background || isOwn,
    isOtherTimer,
    typed: typedSince(ctx.sent),
    ...focusNow(),
  };
}

/** Fields of the timer's form and of the form that was sent, and what was typed into them that the answer knows nothing of. */
function typedSince(sent = new Map()) {
  const fields = new Set([...fieldsOf(document.getElementById('timer-start')), ...sent.keys()]);
  const isNew = (field) => valueOf(field) !== (sent.get(field) ?? defaultOf(field));
  return [...fields].filter(isNew).map((field) => [field, valueOf(field), chosenIn(field)]);
}

document.addEventListener('htmx:finally:swap', () => (swap = undefined));

/** Call it right after: puts the caret back, and empties what was sent and taken. */
export function returnHands(ctx) {
  if (!swap) return;
  const { focused, start, end, typed } = swap;
  for (const [field, value, chosen] of typed) {
    if (valueOf(field) === value) continue;
    setValue(field, value);
    // Found by a search: the list of the new page does not reach that far.
    if (chosen && valueOf(field) !== value) field.prepend(chosen);
  }
  if (focused?.isConnected && focused !== document.activeElement) {
    focused.focus({ preventScroll: true });
    if (start !== null && start !== undefined) focused.setSelectionRange(start, end);
  }
  if (ctx.sent && ctx.response.raw.redirected) forgetSent(ctx, new Set(typed.map(([field]) => field)));
}

/** What was taken is no longer half-typed: its fields show what the server says, except those with newer text. */
function forgetSent({ sent, sourceElement }, typedLater) {
  if (typedLater.size === 0) touched.delete(sourceElement);
  for (const field of sent.keys()) if (!typedLater.has(field)) setValue(field, defaultOf(field));
}

function focusNow() {
  const focused = document.activeElement === document.body ? null : document.activeElement;
  return { focused, start: focused?.selectionStart, end: focused?.selectionEnd };
}

function isKept(node, newNode) {
  if (!swap.isSamePage || node.contains(swap.source)) return false;
  if (node.matches('.entry.is-editing')) {
    renewClosedRow(node, newNode);
    return true;
  }
  if (node.localName !== 'form' || !touched.has(node) || node.matches('#timer-start')) return false;
  if (isOfOldTimer(node)) {
    node.reset();
    touched.delete(node);
    return false;
  }
  return node.getAttribute('action') === newNode.getAttribute('action');
}

function staysOpen(node, attrName, newValue) {
  if (attrName !== 'open' || newValue !== null || !swap.isSamePage || isOfOldTimer(node)) return false;
  return !node.contains(swap.source) || swap.typed.some(([field]) => node.contains(field));
}

/** True inside the panel of a timer that no longer runs. */
const isOfOldTimer = (node) => swap.isOtherTimer && node.closest('#timer-now') !== null;

const fieldsOf = (form) =>
  [...(form?.elements ?? [])].filter(({ name, type }) => name && type !== 'hidden' && type !== 'submit');

const isTicked = (field) => field.type === 'checkbox' || field.type === 'radio';
const valueOf = (field) => (isTicked(field) ? String(field.checked) : field.value);

function defaultOf(field) {
  if (isTicked(field)) return String(field.defaultChecked);
  if (field.localName !== 'select') return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value;
}

/** A copy of what is chosen in a list. */
function chosenIn(field) {
  const copy = field.selectedOptions?.[0]?.cloneNode(true);
  if (copy) copy.selected = true;
  return copy;
}

function setValue(field, value) {
  if (isTicked(field)) field.checked = value === 'true';
  else field.value = value;
}
