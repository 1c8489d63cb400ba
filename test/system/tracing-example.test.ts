/** One trace from an HTTP request through queue, worker, spool, SIGKILL and restart to a consumer, and through a dead letter and its replay. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { type ReadMessage, readTopic } from '../../src/testing/read-topic.ts';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS, until } from '../support/until.ts';

const FOLDER = fileURLToPath(new URL('../../examples/tracing/', import.meta.url));
/** Nothing listens here. */
const NO_KAFKA = '127.0.0.1:1';
const LARGE = 'x'.repeat(5000);
/** Kinds of spans in OTLP. */
const KIND = { server: 2, client: 3, producer: 4 };
const FAILED = 2;

/** The table of the conventions for a span that has been delivered to Kafka: attribute and type. */
const TABLE = {
  'messaging.system.name': 'string',
  'messaging.system': 'string',
  'messaging.operation.name': 'string',
  'messaging.operation.type': 'string',
  'messaging.destination.name': 'string',
  'messaging.destination.partition.id': 'string',
  'messaging.client.id': 'string',
  'messaging.message.id': 'string',
  'messaging.message.body.size': 'number',
  'kafka.offset': 'number',
  'messaging.kafka.offset': 'number',
  'server.address': 'string',
  'outspool.outcome': 'string',
};

describe('the example with OpenTelemetry', function () {
  this.timeout(2 * HANG_MS);
  const directory = temporaryDirectories();
  const receiver = new OtlpReceiver();
  const children: ChildProcess[] = [];
  let endpoint = '';
  let kafka: EmbeddedKafka;

  before(async () => {
    endpoint = await receiver.start();
    kafka = await EmbeddedKafka.start();
  });
  after(async () => {
    receiver.stop();
    await kafka.stop();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** Starts the application. Resolves when it listens. */
  async function start(env: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, [join(FOLDER, 'server.js')], {
      env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OUTSPOOL_LOG_LEVEL: 'error', PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let output = '';
    child.stdout.on('data', (text) => {
      output += text;
    });
    await until(() => /Server listening at/.test(output));
    const url = /Server listening at (http:[^"]+)"/.exec(output)?.[1] as string;
    /** Posts an order within a trace of its own, whose id is returned. */
    const order = async (body: object): Promise<string> => {
      const trace = randomBytes(16).toString('hex');
      const traceparent = `00-${trace}-${randomBytes(8).toString('hex')}-01`;
      const headers = { 'content-type': 'application/json', traceparent };
      const answer = await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify(body) });
      expect(answer.status).to.equal(202);
      return trace;
    };
    return { child, order };
  }

  const spansOf = (trace: string, name: string): ReceivedSpan[] =>
    receiver.spans.filter((span) => span.traceId === trace && span.name === name);

  const ended = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  };

  const inTopic = async (order: string): Promise<string> => {
    const where = ({ key }: ReadMessage) => String(key) === order;
    const options = { bootstrapServers: kafka.bootstrapServers, topic: 'orders', timeoutMs: HANG_MS };
    const [message] = await readTopic({ ...options, count: 1, where });
    return String(message?.headers.find(([name]) => name === 'traceparent')?.[1]);
  };

  it('has one trace from the request to the consumer, although the application is killed while Kafka is away', async () => {
    const env = { SPOOL: directory(), LETTERS: join(directory(), 'letters.ndjson') };
    const first = await start({ ...env, KAFKA: NO_KAFKA });
    const trace = await first.order({ order: 'killed' });
    await until(() => spansOf(trace, 'POST /orders').length > 0);
    await ended(first.child, 'SIGKILL');
    const second = await start({ ...env, KAFKA: kafka.bootstrapServers });
    const [, consumerTrace, parent] = (await inTopic('killed')).split('-');
    expect(consumerTrace).to.equal(trace);
    await ended(second.child, 'SIGTERM');
    const sent = spansOf(trace, 'send orders').find((span) => span.attributes['outspool.outcome'] === 'delivered');
    expect([sent?.kind, sent?.parentSpanId]).to.deep.equal([KIND.client, parent]);
    expect(sent?.links?.map(({ spanId }) => spanId)).to.deep.equal([parent]);
  });

  it('exports spans with the attributes of the conventions, as children of the request', async () => {
    const env = { SPOOL: directory(), LETTERS: join(directory(), 'letters.ndjson'), KAFKA: kafka.bootstrapServers };
    const { child, order } = await start(env);
    const trace = await order({ order: 'alive' });
    const [, , spanId] = (await inTopic('alive')).split('-');
    await ended(child, 'SIGTERM');
    const [[request], [span]] = [spansOf(trace, 'POST /orders'), spansOf(trace, 'send orders')];
    expect(request?.kind).to.equal(KIND.server);
    expect([span?.kind, span?.parentSpanId, span?.spanId]).to.deep.equal([KIND.producer, request?.spanId, spanId]);
    const types = Object.entries(span?.attributes ?? {}).map(([name, value]) => [name, typeof value]);
    expect(Object.fromEntries(types)).to.deep.equal(TABLE);
    expect(span?.attributes).to.include({
      'messaging.system.name': 'kafka',
      'messaging.destination.name': 'orders',
      'server.address': '127.0.0.1',
      'outspool.outcome': 'delivered',
    });
  });

  it('keeps the trace of an order that becomes a dead letter, and of its replay by the command', async () => {
    const folder = directory();
    const env = {
      SPOOL: join(folder, 'spool'),
      LETTERS: join(folder, 'letters.ndjson'),
      KAFKA: kafka.bootstrapServers,
    };
    const { child, order } = await start({ ...env, MAX_MESSAGE_BYTES: '2000' });
    const trace = await order({ order: 'large', LARGE });
    await until(() => spansOf(trace, 'send orders').length > 0);
    await ended(child, 'SIGTERM');
    const [span] = spansOf(trace, 'send orders');
    expect(span?.status.code).to.equal(FAILED);
    expect(span?.attributes).to.include({ 'outspool.outcome': 'dead_lettered', 'error.type': 'MSG_SIZE_TOO_LARGE' });
    expect(readFileSync(env.LETTERS, 'utf8')).to.include(trace);
    const args = ['dead-letters', 'replay', env.LETTERS, '--config', join(FOLDER, 'producers.yaml')];
    const { code, stderr } = await runCommand({ args, cwd: folder, env });
    expect(code, stderr).to.equal(0);
    expect((await inTopic('large')).split('-')[1]).to.equal(trace);
  });
});
