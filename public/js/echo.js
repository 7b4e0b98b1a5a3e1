import { parseDuration, speakDuration } from './shared/duration.js';

const WAIT_MS = 200;

/** Shows under a field how its text was understood, before it is sent. */
document.addEventListener('input', ({ target }) => {
  if (target.dataset?.echo === 'duration') echoDuration(target);
  else if (target.form?.matches('[data-times]')) echoTimes(target.form, target.name);
});
// A form that is opened again shows what it holds without being touched.
document.addEventListener('focusin', ({ target }) => {
  if (target.form?.matches('[data-times]')) askAboutTimes(target.form);
});
document.addEventListener('submit', ({ target }) => stopAsking(target));

const speak = (seconds) => speakDuration(seconds, document.documentElement.lang);

function echoDuration(field) {
  const seconds = parseDuration(field.value);
  const understood =
    seconds === undefined ? field.dataset.notUnderstood : fill(field.dataset.template, speak(seconds));
  say(field, field.value.trim() === '' ? '' : understood);
}

const fill = (template, duration) => (template ? template.replace('{duration}', duration) : duration);

function say(field, text) {
  const output = document.getElementById(`${field.id}-echo`);
  if (output && output.textContent !== text) output.textContent = text;
}

/** Of end and duration the one that was typed last stays, the other becomes empty and the server works it out. */
function echoTimes(form, changed) {
  const { started_time: started, ended_time: ended, duration } = form.elements;
  if (!started || !ended || !duration) return;
  if (changed === 'ended_time') duration.value = '';
  const isDuration = changed === 'duration' && parseDuration(duration.value) !== undefined;
  if (isDuration && started.value.trim() !== '') ended.value = '';
  askAboutTimes(form);
}

/** Questions under way: form -> `{ question, abort }`. */
const asked = new WeakMap();

function stopAsking(form) {
  asked.get(form)?.abort.abort();
  asked.delete(form);
}

/** What a day, a start and an end or a duration mean only the server knows: clocks change, and days have their zone. */
function askAboutTimes(form) {
  const { local_date: date, started_time: started, ended_time: ended, duration } = form.elements;
  if (!duration) return;
  const fields = [date, started, ended, duration].filter(Boolean);
  const question = new URLSearchParams(fields.map(({ name, value }) => [name, value.trim()]));
  question.set('entry_id', form.dataset.editing ?? '');
  const text = question.toString();
  if (asked.get(form)?.question === text) return;
  stopAsking(form);
  say(duration, '');
  if ([started, ended, duration].every(({ value }) => value.trim() === '')) return;
  const abort = new window.AbortController();
  asked.set(form, { question: text, abort });
  setTimeout(() => void answerInto(form, text, abort.signal), WAIT_MS);
}

async function answerInto(form, question, signal) {
  if (signal.aborted) return;
  try {
    const headers = { accept: 'application/json' };
    const answer = await fetch(`/entries/understood?${question}`, { signal, headers });
    const { text, problem } = answer.ok && !answer.redirected ? await answer.json() : {};
    if (!signal.aborted && form.isConnected) say(form.elements.duration, text ?? problem ?? '');
  } catch {
    // The echo is a convenience: without an answer nothing is shown.
  }
}
