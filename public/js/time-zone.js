/** Preselects the browser's time zone where the person has not chosen one. */
for (const select of document.querySelectorAll('select[data-time-zone]')) {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isUntouched = select.value === '' || select.dataset.timeZone === 'guess';
  if (isUntouched && [...select.options].some(({ value }) => value === zone)) select.value = zone;
}
