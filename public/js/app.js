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

document.documentElement.classList.add('has-js');
