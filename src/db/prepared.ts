import type { Compilable, CompiledQuery, Kysely, Transaction } from 'kysely';
import type { Database } from './schema.ts';
import { EmbeddedAdapter } from './sqlite-dialect.ts';

class Parameter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

type Handle = Kysely<Database> | Transaction<Database>;

/**
 * A SELECT that is built once per dialect and then only executed: building costs three times the execution of a
 * small query. `build` gets a function that stands for a parameter's later value.
 *
 * @example
 * const findName = prepare<{ id: number }, { name: string }>((db, parameter) =>
 *   db.selectFrom('users').select('name').where('id', '=', parameter('id')));
 * const rows = await findName(db, { id: 7 });
 */
export function prepare<Parameters extends object, Row>(
  build: (
    db: Handle,
    parameter: <Name extends keyof Parameters & string>(name: Name) => Parameters[Name],
  ) => Compilable<Row>,
): (db: Handle, parameters: Parameters) => Promise<Row[]> {
  const compiled = new Map<unknown, CompiledQuery<Row>>();
  return async (db, parameters) => {
    const { adapter } = db.getExecutor();
    const dialect = adapter.constructor;
    let query = compiled.get(dialect);
    if (!query) {
      query = build(db, (name) => new Parameter(name) as never).compile();
      compiled.set(dialect, query);
    }
    const values = query.parameters.map((value) =>
      value instanceof Parameter ? parameters[value.name as keyof Parameters] : value,
    );
    const bound = { ...query, parameters: values };
    if (adapter instanceof EmbeddedAdapter) {
      const rows = adapter.readNow<Row>(bound);
      if (rows !== undefined) return rows;
    }
    const { rows } = await db.executeQuery<Row>(bound);
    return rows;
  };
}
