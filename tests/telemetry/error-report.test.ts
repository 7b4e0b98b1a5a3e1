import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src/shared/errors.ts';
import { surroundings } from '../../src/telemetry/catalogue.ts';
import type { ErrorContext, ErrorReport } from '../../src/telemetry/error-report.ts';
import {
  coveredError,
  errorReport,
  fingerprintOf,
  isTraceCovered,
  reportBytesMax,
  traceReport,
} from '../../src/telemetry/error-report.ts';
import { createStormLimit } from '../../src/telemetry/storm-limit.ts';
import { envelopeOf } from '../../src/telemetry/sinks/sentry.ts';
import type { TestApp } from '../support/app.ts';
import { createTestApp } from '../support/app.ts';
import { newRequestId } from '../../src/observability/request-context.ts';

/** Never defined anywhere. */
declare const notThere: unknown;

const root = join(import.meta.dirname, '../..');
const reporter = { root, release: '0.1.0', environment: 'production' };
const context: ErrorContext = {
  ...{ request_id: newRequestId(), endpoint: '/projects/:id', handled: true },
  at: Date.parse('2026-03-04T09:00:00Z'),
};
const canary = 'Canary <canary@example.com> notes';

const reportOf = (error: unknown, changed: Partial<ErrorContext> = {}): ErrorReport =>
  errorReport(error, { ...context, ...changed }, reporter);
const exceptionOf = (error: unknown) => reportOf(error).exception.values.at(-1);
/** What would be on the wire, with the longest things that are added later. */
const wireOf = (report: ErrorReport): string =>
  envelopeOf({ ...report, user: { id: 'x'.repeat(32) } }, 'a'.repeat(32), 1).text;

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('it threw nothing');
}

describe('the report of an error', () => {
  it('says what, where and in which request, and nothing else', () => {
    const report = reportOf(new Error(canary));
    expect(report).toEqual({
      level: 'error',
      platform: 'node',
      timestamp: context.at / 1000,
      release: '0.1.0',
      environment: 'production',
      transaction: '/projects/:id',
      tags: { request_id: context.request_id },
      exception: { values: [expect.anything()] },
    });
    expect(report.exception.values[0]).toEqual({
      type: 'Error',
      value: 'Error',
      stacktrace: { frames: expect.any(Array) as unknown },
      mechanism: { type: 'generic', handled: true, exception_id: 0 },
    });
    const frames = report.exception.values[0]?.stacktrace?.frames ?? [];
    expect(frames.at(-1)).toEqual({
      function: '?',
      filename: 'tests/telemetry/error-report.test.ts',
      lineno: expect.any(Number) as unknown,
      colno: expect.any(Number) as unknown,
      in_app: true,
    });
    expect(frames.some(({ filename, in_app }) => /^node_modules\/.+/.test(filename) && !in_app)).toBe(true);
    expect(JSON.stringify(report)).not.toContain(root);
  });

  it('is fatal when it ends the process', () => {
    const report = reportOf(new Error('x'), { handled: false, endpoint: undefined, request_id: undefined });
    expect(report).toMatchObject({ level: 'fatal', transaction: '(process)' });
    expect(report.tags).toBeUndefined();
  });

  it('names the innermost function of ours', () => {
    function chargeTheClient(): never {
      throw new RangeError(canary);
    }
    expect(exceptionOf(thrownBy(chargeTheClient))?.stacktrace?.frames.at(-1)).toMatchObject({
      function: 'chargeTheClient',
      in_app: true,
    });
  });

  it.each<[string, () => unknown, { type: string; value: string }]>([
    ['a thrown string', () => canary, { type: 'thrown string', value: 'not an error' }],
    ['a thrown object', () => ({ message: canary }), { type: 'thrown object', value: 'not an error' }],
    ['nothing', () => undefined, { type: 'thrown undefined', value: 'not an error' }],
    ['null', () => null, { type: 'thrown object', value: 'not an error' }],
    [
      'a rule of ours',
      () => new AppError('unavailable', 'database_busy'),
      { type: 'AppError', value: 'unavailable: database_busy' },
    ],
    [
      'a property of nothing, whose name is data',
      () => thrownBy(() => (undefined as unknown as Record<string, unknown>)[canary]),
      { type: 'TypeError', value: 'Cannot read properties of undefined' },
    ],
    [
      "the engine's sentence that quotes a value at its end",
      () => thrownBy(() => 'a' in (canary as unknown as object)),
      { type: 'TypeError', value: 'TypeError' },
    ],
    [
      "the engine's sentence that quotes a value at its start",
      () => thrownBy(() => [1].map(canary as unknown as () => number)),
      { type: 'TypeError', value: 'is not a function' },
    ],
    [
      'an unknown variable',
      () => thrownBy(() => notThere),
      { type: 'ReferenceError', value: 'notThere is not defined' },
    ],
    [
      'a circle in JSON, whose keys are data',
      () => {
        const circle: Record<string, unknown> = {};
        circle[canary] = circle;
        return thrownBy(() => JSON.stringify(circle));
      },
      { type: 'TypeError', value: 'Converting circular structure to JSON' },
    ],
    [
      'a body that is not JSON',
      () => thrownBy(() => JSON.parse(canary) as unknown),
      { type: 'SyntaxError', value: 'SyntaxError' },
    ],
    [
      'an argument that Node refuses and quotes',
      () => thrownBy(() => Buffer.alloc(canary as unknown as number)),
      { type: 'TypeError', value: 'TypeError ERR_INVALID_ARG_TYPE' },
    ],
    [
      'a form that is not as it should be',
      () => z.object({ name: z.literal('a') }).safeParse({ name: canary }).error,
      { type: 'ZodError', value: 'ZodError' },
    ],
    [
      'a class that says nothing by its name',
      () => {
        class DatabaseError extends Error {
          code = '23505';
          detail = canary;
        }
        return Object.assign(new DatabaseError(canary), { name: 'error' });
      },
      { type: 'DatabaseError', value: 'DatabaseError 23505' },
    ],
    [
      'a name and a code that are data',
      () => Object.assign(new Error('x'), { name: canary, code: canary }),
      { type: 'Error', value: 'Error' },
    ],
  ])('of %s has its kind and no words of anybody', (_name, make, expected) => {
    const error = make();
    expect(exceptionOf(error)).toMatchObject(expected);
    expect(wireOf(reportOf(error)).toLowerCase()).not.toMatch(/canary/);
  });

  it('has the causes, the deepest first, each naming the one it caused', () => {
    const deepest = new TypeError(canary);
    const middle = new Error('x', { cause: new AggregateError([deepest, canary], canary) });
    const { values } = reportOf(new RangeError('y', { cause: middle })).exception;
    expect(values.map(({ type, mechanism }) => [type, mechanism.exception_id, mechanism.parent_id])).toEqual([
      ['thrown string', 4, 2],
      ['TypeError', 3, 2],
      ['AggregateError', 2, 1],
      ['Error', 1, 0],
      ['RangeError', 0, undefined],
    ]);
    expect(values[2]?.mechanism.is_exception_group).toBe(true);
    expect(values.at(-1)?.mechanism.type).toBe('generic');
  });

  it('ends where causes go in a circle', () => {
    const error = new Error('x');
    error.cause = new TypeError('y', { cause: error });
    expect(reportOf(error).exception.values.map(({ type }) => type)).toEqual(['TypeError', 'Error']);
  });

  it('of an error that throws when it is read is made all the same', () => {
    const error = new Error('x');
    for (const name of ['name', 'message', 'stack', 'code', 'cause'])
      Object.defineProperty(error, name, {
        get: () => {
          throw new Error(canary);
        },
      });
    expect(exceptionOf(error)).toMatchObject({ type: 'Error', value: 'Error' });
  });

  it('takes no place out of a message, also when that was changed after the stack was read', () => {
    const fake = `x\n    at canary (${root}/src/canary.ts:1:2)\n    at more`;
    const [told, changed] = [new Error(fake), new Error(fake)];
    expect(changed.stack).toContain('canary');
    changed.message = 'something else';
    expect(exceptionOf(told)?.stacktrace?.frames.length).toBeGreaterThan(2);
    expect(exceptionOf(changed)?.stacktrace).toBeUndefined();
    for (const error of [told, changed]) expect(JSON.stringify(reportOf(error))).not.toContain('canary');
  });

  it.each([
    ['/home/canary/app/src/x.ts:1:2', '(elsewhere)'],
    ['file:///home/canary/elsewhere.js:1:2', '(elsewhere)'],
    ['file:///home/canary/node_modules/pg/lib/client.js:1:2', 'node_modules/pg/lib/client.js'],
    [`file://${root}/src/canary%20notes.ts:1:2`, '(elsewhere)'],
    [`${root}/src/app.ts:1:2`, 'src/app.ts'],
    ['node:internal/timers:1:2', 'node:internal/timers'],
    ['eval at canary (file:///x.js:1:1), <anonymous>:1:2', '(elsewhere)'],
    ['data:text/javascript,canary:1:2', '(elsewhere)'],
  ])('calls the place %s %s', (place, filename) => {
    const error = new Error('x');
    error.stack = `Error: x\n    at Object.run [as canary] (${place})`;
    const [frame] = exceptionOf(error)?.stacktrace?.frames ?? [];
    expect(frame).toMatchObject({ filename, lineno: 1, colno: 2, function: 'Object.run' });
  });

  it('knows its own files on Windows as well', () => {
    const error = new Error('x');
    error.stack = 'Error: x\n    at run (file:///C:/time%20tracker/src/app.ts:3:4)';
    const report = errorReport(error, context, { ...reporter, root: 'C:\\time tracker' });
    expect(report.exception.values[0]?.stacktrace?.frames[0]?.filename).toBe('src/app.ts');
  });

  it.each([
    [newRequestId(), true],
    [`${newRequestId()}-canary`, false],
    ['0123456789ab-1f', false],
    ['4111111111111111', false],
    ['3f0b9a1c-1111-4222-8333-444455556666', false],
    ['canary', false],
    ['canary.notes_2', false],
    ['0123456789ab-canary-name', false],
  ])('with the request id %s: %s, because a caller can choose it', (request_id, passes) => {
    expect(reportOf(new Error('x'), { request_id }).tags?.request_id).toBe(passes ? request_id : undefined);
  });

  it('holds no path in place of a route pattern', () => {
    expect(reportOf(new Error('x'), { endpoint: '/projects/Canary GmbH?x=1' }).transaction).toBe('(process)');
  });

  it('is at most 2,500 bytes on the wire, however deep the stack and long the names', () => {
    const name = 'aVeryLongNameOfAFunction'.repeat(4);
    const place = `file://${root}/src/${'a-long-folder/'.repeat(9)}file.ts:100000:100000`;
    const deep = (cause?: Error): Error => {
      const error = new TypeError('x', cause ? { cause } : {});
      const ours = Array.from({ length: 200 }, () => `    at async ${name.slice(0, 78)} (${place})`);
      const theirs = Array.from({ length: 200 }, (_, at) => `    at run (node:internal/timers:${at}:1)`);
      error.stack = [`TypeError: x`, ...ours.flatMap((line, at) => [line, theirs[at]])].join('\n');
      return Object.assign(error, { code: 'E'.repeat(40), name: 'AClassWithAVeryLongNameThatGoesOnAndOn' });
    };
    const error = deep(deep(deep(deep(deep(deep())))));
    const report = errorReport(
      error,
      { ...context, endpoint: `/${'a'.repeat(118)}`, request_id: 'a'.repeat(64) },
      { root, release: '1'.repeat(64), environment: 'e'.repeat(32) },
    );
    const bytes = Buffer.byteLength(wireOf(report));
    expect(bytes).toBeLessThanOrEqual(reportBytesMax);
    expect(report.exception.values.at(-1)?.stacktrace?.frames.at(-1)?.filename).toContain(
      'src/a-long-folder',
    );
    // It is cut to fit and not to be small.
    expect(bytes).toBeGreaterThan(reportBytesMax / 2);
  });

  it('keeps the innermost places of ours before any of a package', () => {
    const error = new Error('x');
    const theirs = Array.from(
      { length: 20 },
      (_, at) => `    at run (node:internal/${'timers/'.repeat(8)}a:${at + 1}:1)`,
    );
    const ours = Array.from({ length: 3 }, (_, at) => `    at ours (file://${root}/src/app.ts:${at + 1}:1)`);
    error.stack = ['Error: x', ...theirs.slice(0, 10), ...ours, ...theirs.slice(10)].join('\n');
    const frames = exceptionOf(error)?.stacktrace?.frames ?? [];
    expect(frames.filter(({ in_app }) => in_app).map(({ lineno }) => lineno)).toEqual([3, 2, 1]);
    expect(frames.at(-1)?.lineno).toBe(1);
    expect(frames.length).toBeLessThan(20);
  });
});

describe('errors of the database', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp();
  });

  it('have a class and a code, and none of the values', async () => {
    const { db } = app.deps;
    const insert = (name: string) =>
      db.insertInto('clients').values({ name, name_key: name, created_at: 0 }).execute();
    await insert(canary);
    const [duplicate, missing] = await Promise.all([
      insert(canary).catch((error: unknown) => error),
      insert(null as unknown as string).catch((error: unknown) => error),
    ]);
    for (const error of [duplicate, missing]) {
      const { value } = exceptionOf(error) ?? {};
      expect(value).toMatch(/^(DatabaseError 235\d\d|Error ERR_SQLITE_ERROR \d+)$/);
      expect(wireOf(reportOf(error)).toLowerCase()).not.toContain('canary');
    }
  });
});

describe('the trace of a request', () => {
  const request = {
    ...{ endpoint: '/projects/:id', method: 'POST', http_status: 303, db_statements: 4 },
    ...{ started_at: context.at, duration_ms: 12.5 },
  };
  const ids = { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) };

  it('is a transaction of pattern, method, status, times and a count', () => {
    expect(traceReport(request, reporter, ids)).toEqual({
      ...{ type: 'transaction', transaction: '/projects/:id', transaction_info: { source: 'route' } },
      ...{ platform: 'node', release: '0.1.0', environment: 'production' },
      ...{ start_timestamp: context.at / 1000, timestamp: (context.at + 12.5) / 1000 },
      contexts: {
        trace: {
          ...ids,
          ...{ op: 'http.server', status: 'ok' },
          data: { 'http.request.method': 'POST', 'http.response.status_code': 303 },
        },
      },
      measurements: { 'db.statements': { value: 4, unit: 'none' } },
      spans: [],
    });
  });

  it('does not repeat a method or a path that somebody made up', () => {
    const trace = traceReport({ ...request, method: 'CANARY', endpoint: '/Canary GmbH' }, reporter, ids);
    expect(JSON.stringify(trace).toLowerCase()).not.toContain('canary');
  });

  it('leaves only when all of its fields are agreed to', () => {
    expect(isTraceCovered(() => true)).toBe(true);
    for (const field of Object.keys(surroundings.errors))
      expect(isTraceCovered((asked) => asked !== field)).toBe(field.startsWith('error.'));
  });
});

describe('an agreement of before', () => {
  const pathsOf: Record<string, (report: ErrorReport) => unknown> = {
    'error.message': ({ exception }) => exception.values[0]?.value,
    'error.frames': ({ exception }) => exception.values[0]?.stacktrace,
    'error.endpoint': ({ transaction }) => transaction,
    'error.request_id': ({ tags }) => tags,
    'error.user': ({ user }) => user,
  };
  const whole = { ...reportOf(new Error('x')), user: { id: 'somebody' } };

  it.each(Object.keys(surroundings.errors).filter((field) => field.startsWith('error.')))(
    'without %s is kept to',
    (field) => {
      const covered = coveredError(whole, (asked) => asked !== field);
      const pathOf = pathsOf[field];
      if (!pathOf) return expect(covered).toBeUndefined();
      expect(pathOf(whole)).toBeTruthy();
      expect(covered && !pathOf(covered)).toBe(true);
    },
  );

  it('lets everything through when it covers everything', () => {
    expect(coveredError(whole, () => true)).toEqual(whole);
  });
});

describe('a storm of errors', () => {
  const limits = { perKind: 2, total: 3, windowMs: 1000 };

  it('is cut per kind and in all, and begins anew in the next window', () => {
    const mayPass = createStormLimit(limits);
    expect(['a', 'a', 'a', 'b', 'b', 'c'].map((kind) => mayPass(kind, 5_000))).toEqual([
      ...[true, true, false],
      ...[true, false, false],
    ]);
    expect([mayPass('a', 6_000), mayPass('c', 6_999)]).toEqual([true, true]);
  });

  it('knows the same problem by its kind and place, in whichever request it comes up', () => {
    const fail = () => new Error('x');
    const one = fail();
    const other = Object.assign(fail(), { stack: one.stack });
    expect(fingerprintOf(reportOf(other, { request_id: undefined }))).toBe(fingerprintOf(reportOf(one)));
    expect(fingerprintOf(reportOf(new Error('x')))).not.toBe(fingerprintOf(reportOf(one)));
  });
});
