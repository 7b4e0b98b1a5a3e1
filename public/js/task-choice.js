/**
 * Forms with `data-task-choice` offer the tasks of the project that is chosen in them. The server drew those of the
 * project that was chosen before; without JavaScript they stay.
 */
let drawn = new WeakMap();

document.addEventListener('change', ({ target }) => {
  if (target.matches('form[data-task-choice] select[name="project_id"]')) void offerTasks(target.form);
});

document.addEventListener('htmx:after:swap', () => (drawn = new WeakMap()));

// The bar of every page is drawn with the running timer's own task alone.
document.addEventListener(
  'toggle',
  ({ target }) => {
    if (target.id !== 'timer-now' || !target.open) return;
    const bar = target.querySelector('form[data-task-choice]');
    if (bar && bar.elements.project_id.value !== '') void offerTasks(bar);
  },
  true,
);

async function offerTasks(form) {
  const { project_id: project, task_id: task } = form.elements;
  if (!task) return;
  if (!drawn.has(task)) drawn.set(task, [...task.children]);
  const asked = project.value;
  const tasks = /^\d+$/.test(asked) ? await tasksOf(asked) : undefined;
  // A later choice has asked its own question.
  if (!form.isConnected || project.value !== asked) return;
  const chosen = task.value;
  if (tasks) task.replaceChildren(...fixedOptions(drawn.get(task)), ...tasks.map(optionOf));
  else task.replaceChildren(...drawn.get(task));
  task.value = [...task.options].some(({ value }) => value === chosen) ? chosen : '';
  const place = task.closest('.task-choice');
  if (place) place.hidden = [...task.options].every(({ value }) => !/^\d+$/.test(value));
}

/** "No task" and what else is no task. */
const fixedOptions = (options) => options.filter(({ value }) => value !== undefined && !/^\d+$/.test(value));

const optionOf = ({ id, name }) => new window.Option(name, id);

async function tasksOf(project_id) {
  try {
    const headers = { accept: 'application/json' };
    const answer = await fetch(`/entries/tasks?project_id=${project_id}`, { headers });
    return answer.ok && !answer.redirected ? await answer.json() : undefined;
  } catch {
    // Without an answer the choice stays what it was: the task can be given later.
    return undefined;
  }
}
