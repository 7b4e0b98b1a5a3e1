/** Alloy's language as far as alloy/config.alloy needs it: it has no parser outside Alloy. Anything else is an error. */

/** What another component gives away, by its address: `loki.write.loki.receiver`. */
export interface Reference {
  to: string;
}
interface Call {
  call: string;
  given: Value[];
}
export type Value = string | Reference | Call | Value[] | { object: Record<string, Value> };

export interface Block {
  /** `loki.process` or `stage.json`. */
  name: string;
  /** The text after the name, which tells components of one kind apart. */
  label: string | undefined;
  attributes: Record<string, Value>;
  /** In the order in which they stand. */
  blocks: Block[];
}

const tokens = (text: string): string[] =>
  [...text.matchAll(/"(?:[^"\\]|\\.)*"|\/\/.*|[\w.]+|[^\s\w]/g)]
    .map(([token]) => token)
    .filter((token) => !token.startsWith('//'));

/** @returns the file as one block without a name. */
export function parseAlloy(text: string): Block {
  const list = tokens(text);
  let position = 0;
  const next = (): string => list[position++] ?? '';
  const peek = (): string => list[position] ?? '';
  const take = (wanted: string): void => {
    const found = next();
    if (found !== wanted) throw new Error(`${wanted} expected, and there is ${found || 'the end'}`);
  };
  const separated = (end: string, one: () => void): void => {
    while (peek() !== end) {
      one();
      if (peek() !== end) take(',');
    }
    take(end);
  };

  function value(): Value {
    const token = next();
    if (token.startsWith('"')) return JSON.parse(token) as string;
    if (token === '[') {
      const items: Value[] = [];
      separated(']', () => items.push(value()));
      return items;
    }
    if (token === '{') {
      const object: Record<string, Value> = {};
      separated('}', () => {
        const key = next();
        take('=');
        object[key.replaceAll('"', '')] = value();
      });
      return { object };
    }
    if (!/^[a-z_][\w.]*$/i.test(token))
      throw new Error(`a value expected, and there is ${token || 'the end'}`);
    if (peek() !== '(') return { to: token };
    take('(');
    const given: Value[] = [];
    separated(')', () => given.push(value()));
    return { call: token, given };
  }

  function body(block: Block, end: string): Block {
    while (peek() !== end) {
      const name = next();
      if (!/^[a-z_][\w.]*$/i.test(name))
        throw new Error(`a name expected, and there is ${name || 'the end'}`);
      if (peek() === '=') {
        take('=');
        block.attributes[name] = value();
        continue;
      }
      const label = peek().startsWith('"') ? (JSON.parse(next()) as string) : undefined;
      take('{');
      block.blocks.push(body({ name, label, attributes: {}, blocks: [] }, '}'));
      take('}');
    }
    return block;
  }

  return body({ name: '', label: undefined, attributes: {}, blocks: [] }, '');
}
