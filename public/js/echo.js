import { parseDuration, speakDuration } from './shared/duration.js';

/** Shows under a field how its text was understood, before it is sent. */
document.addEventListener('input', ({ target }) => {
  if (target.dataset?.echo === 'duration') echoDuration(target);
  else if (target.form?.matches('[data-times]')) echoTimes(target.form, target.name);
});
// A form that is opened again shows what it holds without being touched.
document.addEventListener('focusin', ({ target }) => {
  if (target.form?.matches('[data-times]')) echoTimes(target.form, '');
});

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

/**
 * Keeps start, end and duration telling the same story: of end and duration the one that was typed last stays, the other
 * becomes empty and the server works it out.
 */
function echoTimes(form, changed) {
  const { started_time: started, ended_time: ended, duration } = form.elements;
  if (!started || !ended || !duration) return;
  if (changed === 'ended_time') duration.value = '';
  const start = minutesOf(started.value);
  const typedSeconds = parseDuration(duration.value);
  if (duration.value.trim() !== '' && typedSeconds === undefined) {
    say(duration, duration.dataset.notUnderstood);
    return;
  }
  if (typedSeconds !== undefined) {
    // The server counts the end from the start, across clock changes too: the field only foretells it.
    if (start !== undefined && changed !== '') {
      ended.value = '';
      ended.placeholder = clockAt(start + Math.round(typedSeconds / 60));
    }
    say(duration, speak(typedSeconds));
    return;
  }
  const end = minutesOf(ended.value);
  if (start === undefined || end === undefined) say(duration, '');
  else say(duration, speak(((end - start + 1440) % 1440) * 60));
}

/** Minutes since midnight of `9`, `9:30`, `9.30`, `930`, `9h30`, `9:30 pm`; undefined for anything else. */
function minutesOf(text) {
  const match = /^(\d{1,2})(?:[:.h]?([0-5]\d))?\s*(am|pm|a|p)?\.?$/i.exec(text.trim());
  if (!match) return undefined;
  let hour = Number(match[1]);
  if (match[3]) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (match[3][0].toLowerCase() === 'p' ? 12 : 0);
  }
  return hour < 24 ? hour * 60 + Number(match[2] ?? 0) : undefined;
}

function clockAt(minutes) {
  const inDay = ((minutes % 1440) + 1440) % 1440;
  return `${String(Math.floor(inDay / 60)).padStart(2, '0')}:${String(inDay % 60).padStart(2, '0')}`;
}
