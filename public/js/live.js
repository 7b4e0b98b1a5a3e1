import { isAsking } from './requests.js';

/**
 * A part of a page that renews itself while somebody looks: fetches `data-address` every `data-every-seconds` and changes
 * what differs in the element with the id `data-part`. Whatever a person does goes first.
 *
 * After two renewals without an answer, refused or overdue, the part says so: its element `data-when-stale` is shown and
 * `data-when-fresh` hidden, until the next answer writes both anew. An answer from elsewhere is the page to sign in: the
 * session has ended.
 */
class Live extends HTMLElement {
  #timer = 0;
  #failures = 0;
  #judge = ({ detail: { ctx } }) => {
    const { address } = this.dataset;
    if (!ctx.background || ctx.request.action !== address) return;
    if (ctx.response?.raw.redirected) location.reload();
    else if (ctx.response?.status === 200) this.#failures = 0;
    // One that gave way to what a person did is no failure.
    else if (ctx.response || !String(ctx.status).includes('AbortError')) this.#miss();
  };
  #miss() {
    this.#failures += 1;
    if (this.#failures < 2) return;
    const { part } = this.dataset;
    const element = document.getElementById(part);
    for (const shown of element.querySelectorAll('[data-when-stale]')) shown.hidden = false;
    for (const gone of element.querySelectorAll('[data-when-fresh]')) gone.hidden = true;
  }
  // A server that hangs takes a request and never answers: nothing fails then, and a renewal is due all the same.
  #due = () => {
    if (!document.hidden && isAsking()) this.#miss();
    this.#renew();
  };
  #renew = () => {
    if (document.hidden || isAsking()) return;
    const { part, address } = this.dataset;
    void htmx.ajax('GET', address, {
      source: document.body,
      target: `#${part}`,
      select: `#${part}`,
      swap: 'outerMorph ignoreTitle:true',
      background: true,
    });
  };

  connectedCallback() {
    this.#timer = setInterval(this.#due, Number(this.dataset.everySeconds) * 1000);
    document.addEventListener('visibilitychange', this.#renew);
    document.addEventListener('htmx:finally:request', this.#judge);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#renew);
    document.removeEventListener('htmx:finally:request', this.#judge);
  }
}

customElements.define('tt-live', Live);
