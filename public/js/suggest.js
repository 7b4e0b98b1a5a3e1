const WAIT_MS = 120;
let lastId = 0;

/**
 * A combobox (ARIA 1.2) around the text of a timer: earlier entries, `@project` and `#tag`. Each suggestion's `text`
 * replaces everything left of the caret; what stands right of it stays.
 */
class Suggest extends HTMLElement {
  #abort = new AbortController();
  #timer = 0;
  #found = [];
  #active = -1;
  #list = undefined;
  #wired = undefined;

  connectedCallback() {
    const input = this.querySelector('input');
    if (!input || input === this.#wired) return;
    // Switched off for everybody: then it is an ordinary field.
    if (document.querySelector('#timer-bar[data-no-suggestions]')) return;
    this.#wired = input;
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-expanded', 'false');
    input.addEventListener('input', (event) => event.isTrusted && this.#ask(WAIT_MS));
    input.addEventListener('keydown', (event) => this.#key(event));
    input.addEventListener('blur', () => this.#close());
    input.form?.addEventListener('submit', () => this.#close());
  }

  disconnectedCallback() {
    this.#close();
  }

  get #input() {
    return this.querySelector('input');
  }

  #ask(waitMs) {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#timer = setTimeout(() => this.#load(signal), waitMs);
  }

  async #load(signal) {
    const input = this.#input;
    const typed = input.value.slice(0, input.selectionStart ?? input.value.length);
    try {
      const answer = await fetch(`/timer/suggestions?q=${encodeURIComponent(typed)}`, {
        signal,
        headers: { accept: 'application/json' },
      });
      const found = answer.ok && !answer.redirected ? await answer.json() : [];
      if (!signal.aborted && document.activeElement === input) this.#show(found);
    } catch {
      // Suggestions are a convenience: without an answer there are none, and typing goes on.
      if (!signal.aborted) this.#close();
    }
  }

  #show(found) {
    this.#close();
    if (found.length === 0) return;
    this.#found = found;
    this.#list = document.createElement('ul');
    this.#list.className = 'suggestions';
    this.#list.id = `suggestions-${++lastId}`;
    this.#list.setAttribute('role', 'listbox');
    this.#list.setAttribute('aria-label', this.#input.getAttribute('aria-label') ?? this.#labelText());
    this.#list.append(...found.map((suggestion, index) => this.#option(suggestion, index)));
    this.append(this.#list);
    this.#input.setAttribute('aria-controls', this.#list.id);
    this.#input.setAttribute('aria-expanded', 'true');
  }

  #labelText() {
    return this.#input.labels?.[0]?.textContent ?? '';
  }

  #option(suggestion, index) {
    const option = document.createElement('li');
    option.id = `${this.#list.id}-${index}`;
    option.setAttribute('role', 'option');
    option.setAttribute('aria-selected', 'false');
    option.append(...partsOf(suggestion, this.dataset.createLabel));
    // Before the field loses the focus, which would close the list under the pointer.
    option.addEventListener('pointerdown', (event) => event.preventDefault());
    option.addEventListener('click', () => this.#accept(index));
    return option;
  }

  #key(event) {
    if (event.isComposing) return;
    const count = this.#found.length;
    if (event.key === 'ArrowDown' && count === 0) this.#ask(0);
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (count === 0) return;
      const step = event.key === 'ArrowDown' ? 1 : -1;
      // One place beyond the ends is the field itself, with what was typed.
      this.#select(((this.#active + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === 'Escape' && count > 0) {
      event.stopPropagation();
      this.#close();
    } else if ((event.key === 'Enter' || event.key === 'Tab') && this.#active >= 0) {
      this.#accept(this.#active);
    } else return;
    event.preventDefault();
  }

  #select(index) {
    this.#active = index;
    const options = [...this.#list.children];
    for (const [at, option] of options.entries()) option.setAttribute('aria-selected', String(at === index));
    options[index]?.scrollIntoView({ block: 'nearest' });
    if (index < 0) this.#input.removeAttribute('aria-activedescendant');
    else this.#input.setAttribute('aria-activedescendant', options[index].id);
  }

  #accept(index) {
    const input = this.#input;
    const rest = input.value.slice(input.selectionStart ?? input.value.length);
    const { kind, text: replacement, description, task } = this.#found[index];
    if (kind === 'create_project') this.#send('create_project', description);
    if (kind === 'entry') this.#send('suggested_task_id', task?.id ?? '');
    // After a name the sentence goes on; a whole entry is ready to be started.
    const text = kind === 'entry' || /^\s/.test(rest) ? replacement : `${replacement} `;
    input.value = text + rest;
    input.setSelectionRange(text.length, text.length);
    this.#close();
  }

  /**
   * What is no part of the text goes along beside it: a project that is made when the form is sent, and only if the text
   * then still names it; the task of earlier work, heeded while its project is the one that is meant.
   */
  #send(name, value) {
    const { form } = this.#input;
    let field = form.querySelector(`input[name="${name}"]`);
    if (!field) {
      if (value === '') return;
      field = Object.assign(document.createElement('input'), { type: 'hidden', name });
      form.append(field);
    }
    field.value = value;
  }

  #close() {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#list?.remove();
    this.#list = undefined;
    this.#found = [];
    this.#active = -1;
    this.#input?.setAttribute('aria-expanded', 'false');
    this.#input?.removeAttribute('aria-activedescendant');
    this.#input?.removeAttribute('aria-controls');
  }
}

function partsOf({ kind, text, description, project, task, tags }, createLabel) {
  const parts = [];
  if (kind === 'create_project') parts.push(textSpan('muted', createLabel ?? ''));
  const words = kind === 'project' ? '' : description || (project ? '' : text);
  if (words) parts.push(textSpan('', words));
  if (project) parts.push(projectSpan(project));
  if (task) parts.push(textSpan('entry-task', task.name));
  for (const tag of tags ?? []) parts.push(textSpan('tag', tag));
  return parts;
}

function projectSpan({ name, color, client_name }) {
  const span = textSpan(`project color-${color ?? 'slate'}`, name);
  if (client_name) span.append(' ', textSpan('project-client', client_name));
  return span;
}

function textSpan(className, text) {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = text;
  return span;
}

customElements.define('tt-suggest', Suggest);
