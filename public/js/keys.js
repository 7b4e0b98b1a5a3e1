const KEY = 'tt-keys';
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
  if (!action || isTyping(event.target) || !areOn()) return;
  event.preventDefault();
  action();
});

// Speech input and a resting hand press single keys too: they can be switched off, for this browser.
const keysSwitch = document.getElementById('keys-on');
let areOnHere = true;

function areOn() {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    // Storage may be switched off; the choice then holds for this page.
    return areOnHere;
  }
}

if (keysSwitch) {
  keysSwitch.checked = areOn();
  window.addEventListener('storage', () => (keysSwitch.checked = areOn()));
  keysSwitch.addEventListener('change', () => {
    areOnHere = keysSwitch.checked;
    const { on, off } = keysSwitch.dataset;
    document.getElementById('keys-state').textContent = areOnHere ? on : off;
    try {
      localStorage.setItem(KEY, areOnHere ? 'on' : 'off');
    } catch {
      // As above.
    }
  });
}
