const WAIT_MS = 200;
let timer = 0;
let abort = new AbortController();

/**
 * The search above a long list: what is typed fetches the page with the list narrowed, and puts its options here. Without
 * JavaScript, and when there is no answer, the search goes with the form and the server narrows the list.
 */
document.addEventListener('input', ({ target }) => {
  if (!target.matches?.('input[data-choices]')) return;
  clearTimeout(timer);
  abort.abort();
  abort = new AbortController();
  const { signal } = abort;
  timer = setTimeout(() => void offer(target, signal), WAIT_MS);
});

document.addEventListener('keydown', (event) => {
  const { target, key } = event;
  if (key !== 'Enter' || event.isComposing || !target.matches?.('input[data-choices]')) return;
  event.preventDefault();
  document.getElementById(target.getAttribute('aria-controls'))?.focus();
});

// A page that came anew has the whole list again: what is typed narrows it once more, what was typed before does not.
document.addEventListener('htmx:after:swap', () => {
  for (const search of document.querySelectorAll('input[data-choices][name]')) {
    if (search.value === search.defaultValue) continue;
    if (search === document.activeElement) void offer(search, abort.signal);
    else search.value = search.defaultValue;
  }
});

async function offer(search, signal) {
  const list = document.getElementById(search.getAttribute('aria-controls'));
  const field = search.dataset.field;
  if (!list) return;
  const url = new URL(search.dataset.choices, location.origin);
  url.searchParams.set(field, search.value);
  const project = search.form?.elements.project_id?.value;
  if (project && list.name !== 'project_id') url.searchParams.set('project_id', project);
  try {
    const answer = await fetch(url, { signal, headers: { accept: 'text/html' } });
    const page = new window.DOMParser().parseFromString(await answer.text(), 'text/html');
    const found = page.getElementById(list.id);
    if (signal.aborted || !found) return;
    adopt(list, found);
    // Chosen from here on: the form need not search again.
    search.removeAttribute('name');
    const told = page.getElementById(`${list.id}-more`)?.textContent ?? '';
    const hint = document.getElementById(`${list.id}-more`);
    if (hint) hint.textContent = told;
  } catch {
    if (!signal.aborted) search.name = field;
  }
}

/** Takes the other list's options; what is chosen stays chosen. */
function adopt(list, found) {
  const [kept] = list.selectedOptions;
  const options = [...found.children].map((option) => document.adoptNode(option));
  list.replaceChildren(...options);
  if (kept && ![...list.options].some(({ value }) => value === kept.value)) list.prepend(kept);
  list.value = kept?.value ?? '';
}
