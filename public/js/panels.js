/** Menus (`details.menu`), dialogs, and the small attributes that views use. */
document.addEventListener('click', (event) => {
  const { target } = event;
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(target)) menu.open = false;
  }
  const opener = target.closest?.('[data-dialog]');
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  const copier = target.closest?.('[data-copy]');
  if (copier) void copyField(copier);
  if (target.closest?.('[data-close]') || target.matches?.('dialog.dialog'))
    target.closest('dialog')?.close();
});

/** Puts a field's text on the clipboard, and marks it where the browser does not allow that (plain http). */
async function copyField(button) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.lastChild.textContent = button.dataset.text;
  } catch {
    field.focus();
  }
}

/** Opens a `details` and goes to its first field. */
export function openPanel(id) {
  const details = document.getElementById(id);
  if (!details) return;
  details.open = true;
  details.querySelector('input:not([type=hidden])')?.focus();
}

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  const menu = document.querySelector('details.menu[open]');
  if (!menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});

// Before htmx sees the submit: what is not confirmed must not be sent.
document.addEventListener(
  'submit',
  (event) => {
    const question = event.target.dataset.confirm;
    if (!question || window.confirm(question)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
