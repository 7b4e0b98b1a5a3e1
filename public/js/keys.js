const isTyping = (element) =>
  element.isContentEditable ||
  /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) ||
  element.closest('dialog') !== null;

const actions = {
  n: focusTimer,
  '/': focusTimer,
  s: () => document.getElementById('timer-stop')?.requestSubmit(),
  '?': () => document.getElementById('keys')?.showModal(),
};

function focusTimer() {
  const field = document.getElementById('timer-text');
  field?.focus();
  field?.select();
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
  if (!action || isTyping(event.target)) return;
  event.preventDefault();
  action();
});
