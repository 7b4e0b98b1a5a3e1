import type {
  Compilable,
  CompiledQuery,
  DeleteResult,
  InsertResult,
  Kysely,
  RawBuilder,
  Transaction,
  UpdateResult,
} from 'kysely';
import { sql } from 'kysely';
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
  build: Build<Parameters, Row>,
): (db: Handle, parameters: Parameters) => Promise<Row[]> {
  return prepared(build, (adapter, _statement, bound) => adapter.readNow<Row>(bound));
}

/**
 * As `prepare`, for what every page asks and few requests change: the embedded database gives the same frozen rows
 * again until somebody writes (`kept-reads.ts`). No parameter may be the present time: each would be kept for itself.
 */
export function prepareKept<Parameters extends object, Row>(
  build: Build<Parameters, Row>,
): (db: Handle, parameters: Parameters) => Promise<readonly Row[]> {
  return prepared(build, (adapter, statement, bound) => adapter.readKept<Row>(statement, bound));
}

/**
 * A write that is built once per dialect. One of many rows takes them as one parameter, `jsonRows`: built for a hundred
 * rows, a statement costs as much as their insert.
 */
export function prepareWrite<Parameters extends object>(
  build: Build<Parameters, InsertResult | UpdateResult | DeleteResult>,
): (db: Handle, parameters: Parameters) => Promise<unknown> {
  return prepared(build, () => undefined);
}

/**
 * The elements of a JSON array as rows of a table, each in a column called `value`.
 *
 * @example
 * db.selectFrom(jsonRows(db, parameter('people')).as('row')).select(sql<string>`value ->> 'name'`.as('name'))
 */
export function jsonRows(db: Handle, json: string): RawBuilder<{ value: unknown }> {
  const { adapter } = db.getExecutor();
  return adapter instanceof EmbeddedAdapter ? sql`json_each(${json})` : sql`json_array_elements(${json})`;
}

type Build<Parameters, Row> = (
  db: Handle,
  parameter: <Name extends keyof Parameters & string>(name: Name) => Parameters[Name],
) => Compilable<Row>;

function prepared<Parameters extends object, Row, Rows extends readonly Row[]>(
  build: Build<Parameters, Row>,
  readEmbedded: (
    adapter: EmbeddedAdapter,
    statement: CompiledQuery<Row>,
    bound: CompiledQuery<Row>,
  ) => Rows | undefined,
): (db: Handle, parameters: Parameters) => Promise<Rows | Row[]> {
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
      const rows = readEmbedded(adapter, query, bound);
      if (rows !== undefined) return rows;
    }
    const { rows } = await db.executeQuery<Row>(bound);
    return rows;
  };
}
