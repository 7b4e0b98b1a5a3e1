import { openPanel } from './panels.js';

/** The rows as they were before their form was opened in place, by element id. */
const rows = new Map();

// Captured at the document, so that htmx does not follow the link as a page.
document.addEventListener('click', onClick, true);
document.addEventListener('keydown', (event) => {
  const row = event.key === 'Escape' && event.target.closest?.('.entry.is-editing');
  if (row && rows.has(row.id)) closeEditor(row);
});

function onClick(event) {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const cancel = event.target.closest?.('[data-cancel]');
  const link = event.target.closest?.('a.entry-text, a.entry-times');
  const row = (cancel ?? link)?.closest('.entry');
  if (!row || (cancel && !rows.has(row.id))) return;
  event.preventDefault();
  event.stopPropagation();
  if (cancel) closeEditor(row);
  else if (row.matches('.is-running')) openPanel('timer-now');
  else openEditor(row, link.href, link.matches('.entry-times') ? 'started_time' : 'text');
}

/** Asks for the entry's form; it is put in the place of the row. */
function openEditor(row, address, fieldName) {
  closeMenu();
  const select = `#${row.id} > form`;
  void htmx.ajax('GET', address, { source: row, target: row, select, swap: 'innerHTML', editor: fieldName });
}

/** Remembers the row right before its form takes its place. */
export function rememberRow(row) {
  if (opener?.closest('.entry') === row) closeMenu();
  if (!row.querySelector('form[data-editing]')) rows.set(row.id, row.innerHTML);
}

/** Goes to the field of the form that was just put in the place of its row. */
export function startEditing(row, fieldName) {
  row.classList.add('is-editing');
  const field = row.querySelector(`[name="${fieldName}"]`);
  field?.focus();
  field?.select?.();
}

/** The row behind an open form, as the newest page has it: cancelling shows that one. */
export function renewClosedRow(row, newRow) {
  if (!newRow.querySelector('form[data-editing]')) rows.set(row.id, newRow.innerHTML);
}

function closeEditor(row) {
  row.classList.remove('is-editing');
  row.innerHTML = rows.get(row.id);
  rows.delete(row.id);
  htmx.process(row);
  row.querySelector('.entry-text')?.focus();
}

/** Forgets rows that the newest page no longer shows as forms. */
export function forgetClosedEditors() {
  for (const id of rows.keys()) {
    if (!document.getElementById(id)?.querySelector('form[data-editing]')) rows.delete(id);
  }
}

/**
 * The link that opened the menu of its row. There is one menu a page, moved to the row that asks for it; without
 * JavaScript the link leads to the entry's page, which has the same actions.
 */
let opener;
const menu = () => document.getElementById('row-menu');

document.addEventListener(
  'click',
  (event) => {
    const link = event.target.closest?.('a.mask-more');
    const isEdit = event.target.closest?.('#row-menu [data-do="edit"]');
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const from = opener;
    // A click anywhere closes the menu that is open; its own buttons are submitted all the same.
    closeMenu();
    if (!link && !isEdit) return;
    event.preventDefault();
    event.stopPropagation();
    if (isEdit) openEditor(from.closest('.entry'), from.href, 'text');
    else if (link !== from) openMenu(link);
  },
  true,
);

document.addEventListener('keydown', (event) => {
  if (!opener) return;
  if (event.key === 'Escape') {
    opener.focus();
    closeMenu();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    step(event.key === 'ArrowDown' ? 1 : -1);
  }
});

document.addEventListener('focusin', ({ target }) => {
  if (opener && target !== opener && !menu()?.contains(target)) closeMenu();
});

function openMenu(link) {
  opener = link;
  const row = link.closest('.entry');
  const id = row.id.replace('entry-', '');
  for (const item of menu().children) {
    if (item.localName === 'button') item.setAttribute('formaction', `/entries/${id}/${item.dataset.do}`);
    if (item.dataset.do === 'split') item.hidden = !row.querySelector('.entry-marks .badge-warning');
  }
  link.setAttribute('aria-expanded', 'true');
  link.after(menu());
  menu().hidden = false;
  menu().scrollIntoView({ block: 'nearest' });
  step(1);
}

/** Closes the menu of rows while the page changes; gives what opens it again where it still can be. */
export function suspendMenu() {
  const row = opener?.closest('.entry').id;
  closeMenu();
  return () => {
    const link = row && document.querySelector(`#${row} a.mask-more`);
    if (link) openMenu(link);
  };
}

function closeMenu() {
  if (!opener) return;
  opener.setAttribute('aria-expanded', 'false');
  opener = undefined;
  if (!menu()) return;
  menu().hidden = true;
  // Out of the row again, whose content may be exchanged.
  document.getElementById('rows').after(menu());
}

function step(by) {
  const items = [...menu().children].filter((item) => !item.hidden);
  const at = items.indexOf(document.activeElement);
  items[(at + by + items.length) % items.length].focus();
}
