import { AppError } from '../shared/errors.ts';

/** An error as the log keeps it: where it happened, and as much of what as cannot hold anybody's words. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  /** Name of the violated constraint; database errors only. */
  readonly constraint?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

const CAUSES_MAX = 3;
const MESSAGE_LENGTH_MAX = 300;

// The engine's own words about our code: identifiers, never values. With a code they are Node's, which quote what they got.
const SPOKEN_BY_THE_ENGINE: ReadonlySet<string> = new Set(['TypeError', 'ReferenceError']);
// These quote what they could not read: a body that is not JSON, a date that is none.
const QUOTING_THEIR_INPUT: ReadonlySet<string> = new Set(['SyntaxError', 'RangeError', 'URIError']);

/** Takes out what libraries put into messages: quoted values, URLs, e-mail addresses, everything after a line break. */
function withoutValues(message: string): string {
  return (message.split('\n', 1)[0] ?? '')
    .replace(/\w+:\/\/\S+/g, '…')
    .replace(/"[^"]*"?|`[^`]*`?|'[^']*'?|“[^”]*”?/g, '…')
    .replace(/\S+@\S+/g, '…')
    .slice(0, MESSAGE_LENGTH_MAX);
}

function messageOf(error: Error): string {
  if (error instanceof AppError) return error.message;
  if (SPOKEN_BY_THE_ENGINE.has(error.name)) return 'code' in error ? '(not kept)' : error.message;
  // PostgreSQL's message and detail quote the row; code and constraint say enough.
  if (QUOTING_THEIR_INPUT.has(error.name) || 'severity' in error) return '(not kept)';
  return withoutValues(error.message);
}

/** The frames without the message they are printed under. */
function framesOf({ stack = '', message }: Error): string[] {
  const messageAt = stack.indexOf(message);
  const afterMessage = messageAt < 0 ? stack : stack.slice(messageAt + message.length);
  return afterMessage.split('\n').filter((line) => /^\s+at /.test(line));
}

const textField = (error: Error, field: string): string | undefined => {
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value) ? value : undefined;
};

/** Why the error happened: its cause, or the first of several. */
const causeOf = (error: Error): unknown =>
  error instanceof AggregateError ? (error.errors as unknown[])[0] : error.cause;

/**
 * The log's serializer for errors of any kind, also thrown things that are none. Stacks stay; parameters, details and
 * whatever else libraries hang on their errors do not.
 */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: '(not an error)' };
  const message = messageOf(error);
  const code = textField(error, 'code');
  const constraint = textField(error, 'constraint');
  const cause = causeOf(error);
  return {
    type: error.name,
    message,
    ...(code === undefined ? undefined : { code }),
    ...(constraint === undefined ? undefined : { constraint }),
    stack: [`${error.name}: ${message}`, ...framesOf(error)].join('\n'),
    ...(cause === undefined || depth >= CAUSES_MAX ? undefined : { cause: describeError(cause, depth + 1) }),
  };
}
