/** Menus (`details.menu`), dialogs, and the small attributes that views use. */
document.addEventListener('click', (event) => {
  const { target } = event;
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(target)) menu.open = false;
  }
  const opener = target.closest?.('[data-dialog]');
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  if (target.closest?.('[data-close]') || target.matches?.('dialog.dialog'))
    target.closest('dialog')?.close();
});

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
