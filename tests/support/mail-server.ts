import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { opened } from './each-file.ts';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** The message as it came, without the dots of the protocol. */
  raw: string;
}

export interface MailServer {
  url: string;
  received: ReceivedMail[];
  /** The next messages are refused with this answer; undefined takes them again. */
  refuse: (answer: string | undefined) => void;
  /** This address is refused with this answer; undefined takes it again. */
  refuseTo: (address: string, answer: string | undefined) => void;
  /** Waits until so many messages have come. */
  waitFor: (count: number) => Promise<ReceivedMail[]>;
  close: () => Promise<void>;
}

/** A real mail server on loopback, small: HELO/EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT. Closed after the test file. */
export async function startMailServer(): Promise<MailServer> {
  const received: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  let refusal: string | undefined;
  const refused = new Map<string, string | undefined>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    talk(socket, {
      refusal: () => refusal,
      refusalTo: (address) => refused.get(address),
      take: (mail) => received.push(mail),
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const mailServer: MailServer = {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    refuse: (answer) => {
      refusal = answer;
    },
    refuseTo: (address, answer) => void refused.set(address, answer),
    waitFor: async (count) => {
      for (let tries = 0; received.length < count && tries < 500; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      return received;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  opened.push(mailServer);
  return mailServer;
}

interface Post {
  refusal: () => string | undefined;
  refusalTo: (address: string) => string | undefined;
  take: (mail: ReceivedMail) => void;
}

function talk(socket: Socket, { refusal, refusalTo, take }: Post): void {
  let buffer = '';
  let mail: ReceivedMail = { from: '', to: [], raw: '' };
  let lines: string[] | undefined;
  const say = (text: string): void => void socket.write(`${text}\r\n`);
  const hear = (line: string): void => {
    if (lines) {
      if (line !== '.') lines.push(line.startsWith('.') ? line.slice(1) : line);
      else {
        const answer = refusal();
        if (answer === undefined) take({ ...mail, raw: lines.join('\r\n') });
        lines = undefined;
        mail = { from: '', to: [], raw: '' };
        say(answer ?? '250 taken');
      }
      return;
    }
    const address = /<([^>]*)>/.exec(line)?.[1] ?? '';
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'MAIL') mail.from = address;
    const refused = verb === 'RCPT' ? refusalTo(address) : undefined;
    if (refused !== undefined) return say(refused);
    if (verb === 'RCPT') mail.to.push(address);
    if (verb === 'DATA') lines = [];
    if (verb === 'QUIT') socket.end('221 bye\r\n');
    else if (verb === 'DATA') say('354 go on');
    else if (['HELO', 'EHLO', 'MAIL', 'RCPT', 'RSET', 'NOOP'].includes(verb)) say('250 fine');
    else say('502 what');
  };
  say('220 mail.example.com');
  socket.on('data', (chunk) => {
    buffer += chunk.toString('latin1');
    for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
      const line = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      hear(line);
    }
  });
}
