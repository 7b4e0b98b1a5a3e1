import { formatDuration } from './shared/duration.js';

/**
 * Boxes that select entries for the form `#bulk`: ranges, days, pages, and how many they are. Without JavaScript the
 * boxes are those of an ordinary form.
 */
const chosen = new Set();
/** The box that was ticked or cleared last: where a range begins. */
let anchor;

const form = () => document.getElementById('bulk');
const boxes = (within = document) => [...within.querySelectorAll('input[name="id"][form="bulk"]')];
const isBox = (element) => element.matches?.('input[name="id"][form="bulk"]');

document.addEventListener('click', ({ target, shiftKey }) => {
  if (isBox(target)) selectUpTo(target, shiftKey);
  else if (target.matches?.('[data-select-day]')) setAll(boxes(target.closest('.day')), target.checked);
  else if (target.id === 'bulk-page') setAll(boxes(), target.checked);
  else if (target.closest?.('#bulk-none')) setAll(boxes(), false);
  // A row that was put back after editing shows its box as the server drew it.
  else if (form()) setTimeout(show);
});

document.addEventListener('keydown', (event) => {
  const { target, key, shiftKey } = event;
  if (!isBox(target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (key === 'Escape' && chosen.size > 0) setAll(boxes(), false);
  else if (key === 'ArrowDown' || key === 'ArrowUp') move(target, key === 'ArrowDown' ? 1 : -1, shiftKey);
  else return;
  event.preventDefault();
});

document.addEventListener('htmx:after:swap', () => {
  if (form()) show();
  else chosen.clear();
});

/** With the shift key everything from the last box to this one becomes what this one is. */
function selectUpTo(box, isRange) {
  const all = boxes();
  const from = all.findIndex(({ value }) => value === anchor);
  const to = all.indexOf(box);
  const range = isRange && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  anchor = box.value;
  setAll(range, box.checked);
}

function move(box, by, isRange) {
  const all = boxes();
  const next = all[all.indexOf(box) + by];
  if (!next) return;
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  if (!isRange) return;
  anchor = next.value;
  setAll([box, next], true);
}

function setAll(some, isChosen) {
  for (const { value } of some) {
    if (isChosen) chosen.add(value);
    else chosen.delete(value);
  }
  show();
}

/** Makes the page show what is chosen; what is not on it any more is not chosen. */
function show() {
  const all = boxes();
  const there = new Set(all.map(({ value }) => value));
  for (const id of chosen) if (!there.has(id)) chosen.delete(id);
  for (const box of all) box.checked = chosen.has(box.value);
  for (const day of document.querySelectorAll('[data-select-day]')) tick(day, boxes(day.closest('.day')));
  const page = document.getElementById('bulk-page');
  if (page) tick(page, all);
  count(all.filter(({ checked }) => checked));
}

function tick(box, some) {
  const ticked = some.filter(({ checked }) => checked).length;
  box.checked = ticked > 0 && ticked === some.length;
  box.indeterminate = ticked > 0 && ticked < some.length;
  box.disabled = some.length === 0;
}

function count(some) {
  const output = document.getElementById('bulk-count');
  if (!output) return;
  const seconds = some.reduce((sum, { dataset }) => sum + Number(dataset.seconds), 0);
  const { durationFormat } = document.getElementById('app').dataset;
  const time = formatDuration(seconds, durationFormat, document.documentElement.lang);
  output.textContent = output.dataset.template.replace('{count}', some.length).replace('{time}', time);
  form().toggleAttribute('data-any', some.length > 0);
  form().querySelector('.button-primary').disabled = some.length === 0;
  document.getElementById('bulk-none').disabled = some.length === 0;
}

// Browsers keep ticked boxes over a reload, and put them back before or after this runs.
function adopt() {
  for (const { checked, value } of boxes()) if (checked) chosen.add(value);
  if (form()) show();
}
adopt();
window.addEventListener('pageshow', adopt);
