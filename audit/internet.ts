import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A connection that reached somebody, with every byte that came over it. */
export interface Connection {
  bytes: Buffer;
  /** Of HTTP: what stands before the body, and the body. */
  head: string;
  body: Buffer;
}

/** A server of the internet: takes what comes, keeps every byte, and says yes. */
export interface Destination {
  name: string;
  /** Host and port. */
  host: string;
  connections: Connection[];
  close: () => Promise<void>;
}

const answer =
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}';

/** Speaks HTTP, one request a connection. */
export const openHttp = (name: string): Promise<Destination> =>
  open(name, (socket, connection) => {
    const end = connection.bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    connection.head = connection.bytes.subarray(0, end + 4).toString('latin1');
    connection.body = connection.bytes.subarray(end + 4);
    const length = Number(/^content-length: (\d+)\r$/im.exec(connection.head)?.[1] ?? 0);
    if (connection.body.length >= length) socket.end(answer);
  });

/** Takes every mail. `body` is the last message of the connection, without the dots of the protocol. */
export const openMail = (name: string): Promise<Destination> =>
  open(
    name,
    (socket, connection) => {
      const text = connection.bytes.toString('latin1');
      const message = /\r\nDATA\r\n([^]*?\r\n)\.\r\n/i.exec(text)?.[1];
      const isInMessage = message === undefined && /\r\nDATA\r\n/i.test(text);
      if (message !== undefined) connection.body = Buffer.from(message.replace(/^\.\./gm, '.'), 'latin1');
      if (isInMessage) {
        if (text.toUpperCase().endsWith('\r\nDATA\r\n')) socket.write('354 go on\r\n');
      } else if (/^QUIT\r\n$/im.test(text.slice(-6))) socket.end('221 bye\r\n');
      else if (text.endsWith('\r\n')) socket.write('250 yes\r\n');
    },
    '220 mail.example.com\r\n',
  );

/** Whoever comes here has no business to: takes everything, so that it is seen what it would have been. */
export const openTrap = (name: string): Promise<Destination> => open(name, (socket) => socket.end(answer));

async function open(
  name: string,
  take: (socket: Socket, connection: Connection) => void,
  greeting?: string,
): Promise<Destination> {
  const connections: Connection[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const connection: Connection = { bytes: Buffer.alloc(0), head: '', body: Buffer.alloc(0) };
    connections.push(connection);
    sockets.add(socket);
    if (greeting !== undefined) socket.write(greeting);
    socket.on('data', (chunk: Buffer) => {
      connection.bytes = Buffer.concat([connection.bytes, chunk]);
      take(socket, connection);
    });
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    name,
    host: `127.0.0.1:${port}`,
    connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
