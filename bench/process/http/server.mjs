/**
 * The HTTP server of one run, in a process of its own. It prints its address, reads each request to its end and answers 200. When its
 * standard input ends, it prints how many POST requests and bytes of bodies it has had.
 */

import { createServer } from 'node:http';
import { say } from '../meter.mjs';

const ANSWER = Buffer.from('{"ok":true}');
const HEADERS = { 'content-type': 'application/json', 'content-length': ANSWER.length };
let requests = 0;
let bytes = 0;

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.on('data', (part) => {
    bytes += part.length;
  });
  request.on('end', () => {
    if (request.method === 'POST') requests++;
    response.writeHead(200, HEADERS).end(ANSWER);
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}\n`));
process.stdin.resume().on('end', () => {
  say({ requests, bytes });
  server.close();
  server.closeAllConnections();
});
