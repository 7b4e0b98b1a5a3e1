/** A page as a tree; enough HTML for our own pages, which close what they open. */
export interface HtmlElement {
  name: string;
  attributes: Record<string, string>;
  children: (HtmlElement | string)[];
  parent: HtmlElement | undefined;
}

const voidNames = new Set(
  'area base br col embed hr img input link meta source track wbr path rect circle line use'.split(' '),
);
const rawNames = new Set(['script', 'style', 'textarea', 'title']);
const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: '\u00a0',
  '#34': '"',
  '#39': "'",
};

const decode = (text: string): string =>
  text.replace(/&(#?\w+);/g, (all, name: string) => entities[name] ?? all);

const tokens =
  /<!--[\s\S]*?-->|<!doctype[^>]*>|<\/([a-z][\w-]*)\s*>|<([a-z][\w-]*)((?:\s+[^\s=>/"']+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*(\/?)>|[^<]+|</gi;
const attributes = /([^\s=>/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g;

export function parseHtml(html: string): HtmlElement {
  const root: HtmlElement = { name: '#document', attributes: {}, children: [], parent: undefined };
  let current = root;
  tokens.lastIndex = 0;
  for (let match = tokens.exec(html); match; match = tokens.exec(html)) {
    const [all, closing, opening, inside = '', selfClosing] = match;
    if (closing !== undefined) current = parentOfClosed(current, closing.toLowerCase());
    else if (opening !== undefined) {
      const element = elementOf(opening.toLowerCase(), inside, current);
      current.children.push(element);
      if (rawNames.has(element.name)) tokens.lastIndex = readRaw(html, tokens.lastIndex, element);
      else if (selfClosing === '' && !voidNames.has(element.name)) current = element;
    } else if (!all.startsWith('<!')) current.children.push(decode(all));
  }
  return root;
}

function elementOf(name: string, inside: string, parent: HtmlElement): HtmlElement {
  const read = [...inside.matchAll(attributes)].map(
    ([, key = '', double, single, bare]) => [key, decode(double ?? single ?? bare ?? '')] as const,
  );
  return { name, attributes: Object.fromEntries(read), children: [], parent };
}

function parentOfClosed(current: HtmlElement, name: string): HtmlElement {
  let element: HtmlElement | undefined = current;
  while (element && element.name !== name) element = element.parent;
  return element?.parent ?? current;
}

/** What stands in a script or a textarea is text, whatever it looks like. */
function readRaw(html: string, from: number, element: HtmlElement): number {
  const end = html.toLowerCase().indexOf(`</${element.name}`, from);
  const to = end < 0 ? html.length : end;
  element.children.push(decode(html.slice(from, to)));
  return html.indexOf('>', to) + 1 || html.length;
}

/** Every element below, in the order of the page. */
export function* elementsOf(element: HtmlElement): Generator<HtmlElement> {
  for (const child of element.children) {
    if (typeof child === 'string') continue;
    yield child;
    yield* elementsOf(child);
  }
}

export function textOf(element: HtmlElement): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}

export interface HtmlForm {
  method: 'get' | 'post';
  action: string;
  /** Every control with a name; a select or a group of radio buttons has its values. */
  fields: { name: string; type: string; value: string; values: string[] }[];
}

/** The forms of a page; buttons with an address of their own count as forms of the same fields. */
export function formsOf(page: HtmlElement, address: string): HtmlForm[] {
  const everything = [...elementsOf(page)];
  return everything
    .filter(({ name }) => name === 'form')
    .flatMap((form) => {
      const { id, action = address, method } = form.attributes;
      // A control may stand elsewhere and name its form.
      const elsewhere = everything.filter(({ attributes }) => id !== undefined && attributes['form'] === id);
      const controls = [...elementsOf(form), ...elsewhere];
      const fields = controls.flatMap(fieldOf);
      const others = controls.flatMap(({ attributes: { formaction } }) => (formaction ? [formaction] : []));
      return [action, ...others].map(
        (to) => ({ method: method === 'post' ? 'post' : 'get', action: to, fields }) satisfies HtmlForm,
      );
    });
}

function fieldOf(control: HtmlElement): HtmlForm['fields'] {
  const { name, value = '', type } = control.attributes;
  if (name === undefined) return [];
  if (control.name === 'input' || control.name === 'button') {
    return [{ name, type: type ?? (control.name === 'input' ? 'text' : 'submit'), value, values: [] }];
  }
  if (control.name === 'textarea') return [{ name, type: 'textarea', value: textOf(control), values: [] }];
  if (control.name !== 'select') return [];
  const options = [...elementsOf(control)].filter((element) => element.name === 'option');
  const chosen = options.find(({ attributes: { selected } }) => selected !== undefined) ?? options[0];
  const values = options.map((option) => option.attributes['value'] ?? textOf(option));
  return [{ name, type: 'select', value: chosen?.attributes['value'] ?? '', values }];
}
