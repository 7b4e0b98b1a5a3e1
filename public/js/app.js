import './clock.js';
import './requests.js';
import './pages.js';
import './panels.js';
import './rows.js';
import './suggest.js';
import './echo.js';
import './idle.js';
import './keys.js';
import './live.js';
import './task-choice.js';
import './choose.js';

document.documentElement.classList.add('has-js');

/** Only where there is one: most pages never need it. */
function loadBoard() {
  if (document.getElementById('board')) void import('./board.js');
}
loadBoard();
document.addEventListener('htmx:after:swap', loadBoard);

/** Where entries can be selected. */
function loadSelection() {
  if (document.getElementById('bulk')) void import('./select.js');
}
loadSelection();
document.addEventListener('htmx:after:swap', loadSelection);
