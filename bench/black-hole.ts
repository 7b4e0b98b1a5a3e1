// A destination that takes connections and requests on 127.0.0.1 and never answers; with ANSWER=1 one that does.
import http from 'node:http';

let requests = 0;
const server = http.createServer((request, response) => {
  requests += 1;
  request.resume();
  // Whoever waits for this process to be up gets an answer.
  if (request.method === 'GET' || process.env.ANSWER === '1') {
    request.once('end', () => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}'));
  }
});
server.requestTimeout = 0;
server.listen(Number(process.env.PORT), '127.0.0.1');
process.on('message', () => process.send?.({ requests }));
process.on('disconnect', () => process.exit());
