/** Waits that end when they are to, where a test of mocha may only ask that they end. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HttpProducer } from '../../src/kinds/http/http-producer.ts';
import { quiet } from '../support/quiet.ts';
import { OK, ScriptedHttpServer } from '../support/scripted-http-server.ts';
import { atMost, type Check } from './row.ts';

const run = promisify(execFile);
const ENDINGS = fileURLToPath(new URL('../support/crash-matrix.js', import.meta.url));
const ROUNDS = 10;
const TERMINATED_MS = 500;
const RETRY_AFTER_SECONDS = 2;
const RETRY_LATE_MS = 300;

export const deadlines: Check = async () => [
  atMost(`worker.terminate() with a Kafka client that sends, × ${ROUNDS}`, TERMINATED_MS, {
    value: await slowestTermination(),
    unit: ' ms',
  }),
  atMost(`HTTP: later than Retry-After: ${RETRY_AFTER_SECONDS} says`, RETRY_LATE_MS, {
    value: (await retriedAfterMs()) - RETRY_AFTER_SECONDS * 1000,
    unit: ' ms',
  }),
];

async function slowestTermination(): Promise<number> {
  const { stdout } = await run(process.execPath, [ENDINGS, 'worker', 'in-flight', String(ROUNDS)]);
  return (JSON.parse(stdout) as { slowest: number }).slowest;
}

/** How long after the first request the second one came. */
async function retriedAfterMs(): Promise<number> {
  const unavailable = { status: 429, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } };
  const server = await ScriptedHttpServer.start((_request, attempt) => (attempt === 1 ? unavailable : OK));
  const producer = new HttpProducer(
    { type: 'http', name: 'retried', url: `http://127.0.0.1:${server.port}/`, backoff_seconds: 3600 },
    { logger: quiet },
  );
  try {
    await producer.send({ value: 1 }, { timeout: 30_000 });
    const [first, second] = server.requests.map(({ at }) => at) as [number, number];
    return second - first;
  } finally {
    await producer.shutdown();
    await server.stop();
  }
}
