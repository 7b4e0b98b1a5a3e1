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
  const link = event.target.closest?.('a[data-edit]');
  const row = (cancel ?? link)?.closest('.entry');
  if (!row || (cancel && !rows.has(row.id))) return;
  event.preventDefault();
  event.stopPropagation();
  if (cancel) closeEditor(row);
  else openEditor(row, link);
}

async function openEditor(row, link) {
  const { id, innerHTML } = row;
  await htmx.ajax('GET', link.href, { source: row, target: row, select: `#${id} > form`, swap: 'innerHTML' });
  if (!row.querySelector('form[data-editing]')) return;
  rows.set(id, innerHTML);
  row.classList.add('is-editing');
  const field = row.querySelector(`[name="${link.dataset.edit}"]`);
  field?.focus();
  field?.select?.();
}

function closeEditor(row) {
  row.classList.remove('is-editing');
  row.innerHTML = rows.get(row.id);
  for (const menu of row.querySelectorAll('details[open]')) menu.open = false;
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
