'use strict';
// The floor every other server is compared with: node:http and five bytes, nothing else loaded.
const http = require('node:http');

http
  .createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 5 });
    response.end('hello');
  })
  .listen(Number(process.env.PORT), '127.0.0.1');

if (process.send) require('./answer-parent.cjs');
