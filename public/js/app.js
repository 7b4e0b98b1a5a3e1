import './clock.js';
import './pages.js';
import './panels.js';
import './edit.js';
import './suggest.js';
import './echo.js';
import './idle.js';
import './keys.js';
import './refresh.js';

document.documentElement.classList.add('has-js');
