import { randomUUID } from 'node:crypto';
import { getSystemErrorName } from 'node:util';
import type { OutboundAnswer, OutboundProblem } from './channels.ts';
import { openEgress } from './gateway.ts';

/** A message to one person. */
export interface Mail {
  /** What it is, as the ledger names it: 'invitation', 'password_reset', 'notice'. */
  purpose: string;
  /** Whom it is about, for /privacy. */
  user_id: number | null;
  to: string;
  subject: string;
  text: string;
  html: string;
  /**
   * What lets somebody in, such as the token of a link. The ledger has as many asterisks in its place: a copy of the
   * database must let nobody in.
   */
  secret?: string;
  /** Of a mail that may be sent again, the same each time, so that a mail server can tell; made up otherwise. */
  message_id?: string;
}

/** Why a mail server did not take a mail. */
export interface MailRefusal {
  /** What it answered, such as 451 or 550; null where it did not. */
  status: number | null;
  /** Why it did not answer, or did not let us in. */
  problem: OutboundProblem | null;
  /** True when it would say the same again: trying once more is of no use. */
  is_final: boolean;
}

export interface Mailer {
  /** False without SMTP_URL: nothing is sent then. */
  isOn: boolean;
  /** @returns null when the mail server took it, else why not. Never throws for the network's sake. */
  send: (mail: Mail) => Promise<MailRefusal | null>;
}

interface MailerOptions {
  smtp_url: string | undefined;
  mail_from: string | undefined;
  egress: Parameters<typeof openEgress>[0];
}

/** How long connecting, the greeting and a silence may each take. */
const patienceMs = 15_000;

/** Sends mail through SMTP_URL: every message is in the ledger before the connection is opened. */
export function createMailer({ smtp_url, mail_from, egress }: MailerOptions): Mailer {
  if (smtp_url === undefined || mail_from === undefined)
    return { isOn: false, send: () => Promise.resolve({ status: null, problem: 'failed', is_final: true }) };
  const from = mail_from;
  return {
    isOn: true,
    send: async (mail) => {
      const { real, shown } = await compose(mail, from);
      const url = new URL(smtp_url);
      const { purpose, user_id, to } = mail;
      const people = user_id === null ? [] : [user_id];
      const answer = await openEgress(
        egress,
        { channel: 'mail', purpose, consent_id: null, host: url.host, body: shown, people },
        () => deliver(url, { from, to, raw: real }),
      );
      return refusalOf(answer);
    },
  };
}

/** 2xx is taken, 4xx may be taken later, 5xx never. A password that is refused is put right here, and then tried again. */
function refusalOf({ status, problem }: OutboundAnswer): MailRefusal | null {
  if (status !== null && status >= 200 && status < 300) return null;
  return { status, problem, is_final: status !== null && status >= 500 };
}

/** The message as it leaves, and as the ledger keeps it: the same bytes but for the secret. */
async function compose(mail: Mail, from: string): Promise<{ real: Buffer; shown: Buffer }> {
  // A module that sends nothing never loads it.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const { to, subject, secret, message_id = randomUUID() } = mail;
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const fixed = {
    // An object: a comma in an address must not make two of it.
    ...{ from, to: { name: '', address: to }, subject, date: new Date(), baseBoundary: randomUUID() },
    ...{ messageId: `<${message_id}@${domain}>`, disableFileAccess: true, disableUrlAccess: true },
    // Neither an out-of-office answer nor a bounce is of use to anybody.
    headers: { 'Auto-Submitted': 'auto-generated' },
  };
  const build = (mask: (text: string) => string): Promise<Buffer> =>
    new MailComposer({ ...fixed, text: mask(asLines(mail.text)), html: mask(asLines(mail.html)) })
      .compile()
      .build();
  const real = await build((text) => text);
  if (secret === undefined) return { real, shown: real };
  return { real, shown: await build((text) => text.replaceAll(secret, '*'.repeat(secret.length))) };
}

/** Ends of lines as they are on the wire, so that the ledger has the very bytes. */
const asLines = (text: string): string => text.replaceAll(/\r?\n/g, '\r\n');

const loopbackHosts = /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/;

interface Envelope {
  from: string;
  to: string;
  raw: Buffer;
}

async function deliver(url: URL, { from, to, raw }: Envelope): Promise<{ status: number }> {
  const { createTransport } = await import('nodemailer');
  const secure = url.protocol === 'smtps:';
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    // Without encryption only to this very machine: links and passwords must not be readable on their way.
    requireTLS: !secure && !loopbackHosts.test(url.hostname),
    ...(url.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
    // What this machine is called is nobody's business.
    name: from.slice(from.lastIndexOf('@') + 1),
    ...{ connectionTimeout: patienceMs, greetingTimeout: patienceMs, socketTimeout: patienceMs },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    const { response } = await transport.sendMail({ envelope: { from, to: [to] }, raw });
    return { status: Number.parseInt(response, 10) || 250 };
  } catch (error) {
    const status = refusedWith(error);
    if (status !== undefined) return { status };
    throw withSystemCode(error);
  } finally {
    transport.close();
  }
}

/**
 * The answer with which the mail server refused sender, recipient or message; the package throws it. What it says to a
 * greeting, to encryption or to a password is about the settings of one of the two, not about the mail.
 */
function refusedWith(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('responseCode' in error) || !('code' in error)) return undefined;
  const { code, responseCode } = error;
  if (code !== 'EENVELOPE' && code !== 'EMESSAGE') return undefined;
  return typeof responseCode === 'number' && responseCode >= 400 ? responseCode : undefined;
}

/** The package calls every failed connection ESOCKET; the system's own word says more. */
function withSystemCode(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESOCKET') return error;
  if (!('errno' in error) || typeof error.errno !== 'number') return error;
  return Object.assign(new Error(error.message, { cause: error }), { code: getSystemErrorName(error.errno) });
}
