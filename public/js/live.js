import { isAsking } from './requests.js';

/**
 * A part of a page that renews itself while somebody looks: fetches `data-address` every `data-every-seconds` and changes
 * what differs in the element with the id `data-part`. Whatever a person does goes first.
 */
class Live extends HTMLElement {
  #timer = 0;
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
    this.#timer = setInterval(this.#renew, Number(this.dataset.everySeconds) * 1000);
    document.addEventListener('visibilitychange', this.#renew);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#renew);
  }
}

customElements.define('tt-live', Live);
