/**
 * One run through undici's Pool on the main thread: as many requests at once as are asked for, each answer read to its end. The requests
 * have the headers that outspool's have.
 */

import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { messageMaker } from '../messages.mjs';
import { say, settings, startMeter } from '../meter.mjs';

const { origin, count, bytes, inFlight, perRequest } = settings();
const { value } = messageMaker(bytes);
const pool = new Pool(origin, { connections: inFlight });
const run = randomUUID();
let next = 0;
let delivered = 0;

function bodyOf(first) {
  if (perRequest === 1) return JSON.stringify(value(first));
  return JSON.stringify(
    Array.from({ length: Math.min(perRequest, count - first) }, (_, index) => value(first + index)),
  );
}

async function sendNext() {
  const first = next;
  next += perRequest;
  const headers = {
    'user-agent': 'outspool',
    'content-type': 'application/json',
    'idempotency-key': `${run}-${first}`,
  };
  const response = await pool.request({ method: 'POST', path: '/messages', headers, body: bodyOf(first) });
  await response.body.dump();
  if (response.statusCode === 200) delivered += Math.min(perRequest, count - first);
}

async function work() {
  while (next < count) await sendNext();
}

// Opens the connections, as outspool's start() does.
await Promise.all(
  Array.from({ length: inFlight }, async () => (await pool.request({ method: 'HEAD', path: '/' })).body.dump()),
);
const meter = startMeter();
await Promise.all(Array.from({ length: inFlight }, work));
const measured = meter.stop(count);
await pool.close();
say({ ...measured, delivered });
