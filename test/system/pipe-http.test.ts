/** The HTTP source of a real pipeline: what was answered with 200 is delivered, and nothing else is. */

import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { PipeProcess } from '../support/pipe-process.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS, until } from '../support/until.ts';

interface Answered {
  readonly id: string;
  /** Undefined: the connection failed. */
  readonly status: number | undefined;
  readonly body: string;
}

/** One message, over one of the agent's connections. */
function post(url: string, id: string, agent: Agent): Promise<Answered> {
  return new Promise((resolve) => {
    const failed = () => resolve({ id, status: undefined, body: '' });
    const call = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (response) => {
        let body = '';
        response.on('data', (text) => {
          body += text;
        });
        response.on('error', failed).on('end', () => resolve({ id, status: response.statusCode, body }));
      },
    );
    call.on('error', failed).end(JSON.stringify({ id, pad: 'x'.repeat(200) }));
  });
}

/** Clients that post one message after the other until they are told to stop. */
async function load(url: string, answered: Answered[], go: () => boolean): Promise<void> {
  const client = async (number: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let at = 0; go(); at++) {
      const answer = await post(url, `${number}-${at}`, agent);
      answered.push(answer);
      if (answer.status === undefined) await sleep(5);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: 40 }, (_, number) => client(number)));
}

const idOf = (value: Uint8Array | string | null): string => (JSON.parse(String(value)) as { id: string }).id;

/** Runs clients against a pipeline and ends it in their midst. */
async function interrupted(pipe: PipeProcess, signal: NodeJS.Signals = 'SIGTERM', before = () => {}) {
  const url = await pipe.url();
  const answered: Answered[] = [];
  let isOver = false;
  const loading = load(url, answered, () => !isOver);
  await until(() => answered.length > 400);
  before();
  pipe.kill(signal);
  const end = await pipe.ended;
  await sleep(50);
  isOver = true;
  await loading;
  return { answered, end };
}

function compared(answered: readonly Answered[], arrived: readonly string[]) {
  const yes = answered.filter(({ status }) => status === 200).map(({ id }) => id);
  const here = new Set(arrived);
  return {
    yes: yes.length,
    missing: yes.filter((id) => !here.has(id)),
    unasked: arrived.filter((id) => !yes.includes(id)),
    twice: arrived.length - here.size,
    others: [...new Set(answered.map(({ status }) => status))].filter((status) => status !== 200),
  };
}

describe('a pipeline with an HTTP source', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();

  it('has delivered to Kafka exactly what it answered with 200, when SIGTERM comes under load', async () => {
    const kafka = await EmbeddedKafka.start();
    try {
      const pipe = new PipeProcess(
        directory(),
        `producers: [{ type: kafka, name: events, bootstrap_servers: '${kafka.bootstrapServers}' }]
sources: [{ type: http, name: ingest, listen: '127.0.0.1:0', timeout: 1m }]\n`,
      );
      const { answered, end } = await interrupted(pipe);
      const { bootstrapServers } = kafka;
      const back = await readTopic({
        timeoutMs: HANG_MS,
        bootstrapServers,
        topic: 'events',
        count: Number(end.summary.producers[0]?.delivered),
      });
      const found = compared(
        answered,
        back.map(({ value }) => idOf(value)),
      );
      expect(found).to.deep.include({ missing: [], unasked: [], twice: 0 });
      expect(found.yes).to.be.above(100);
      // Told to come again, or not connected at all.
      expect([503, undefined]).to.include.members(found.others);
      expect(end.code, end.stderr).to.equal(0);
      expect(end.summary.sources[0]?.outcomes, end.stderr).to.deep.equal({ delivered: found.yes });
      expect(end.summary.producers[0]).to.include({ accepted: found.yes, delivered: found.yes });
    } finally {
      await kafka.stop();
    }
  });

  it('has delivered what it answered with 200, also when the broker goes away as the pipeline ends', async () => {
    const kafka = await EmbeddedKafka.start();
    try {
      const pipe = new PipeProcess(
        directory(),
        `producers: [{ type: kafka, name: events, bootstrap_servers: '${kafka.bootstrapServers}' }]
sources: [{ type: http, name: ingest, listen: '127.0.0.1:0', timeout: 1m }]\n`,
        ['--timeout', '3s'],
      );
      const { answered, end } = await interrupted(pipe, 'SIGTERM', () => kafka.brokerDown());
      kafka.brokerUp();
      const { bootstrapServers } = kafka;
      const back = await readTopic({
        timeoutMs: HANG_MS,
        bootstrapServers,
        topic: 'events',
        count: Number(end.summary.producers[0]?.delivered),
      });
      const found = compared(
        answered,
        back.map(({ value }) => idOf(value)),
      );
      expect(found.missing).to.deep.equal([]);
      expect(found.yes).to.be.above(100);
      expect([503, 504, undefined]).to.include.members(found.others);
      expect(end.summary.sources[0]?.outcomes.delivered).to.equal(found.yes);
    } finally {
      await kafka.stop();
    }
  });

  it('has in the spool exactly what it answered with 200 as stored, when it is killed under load', async () => {
    const folder = directory();
    const yaml = (listen: string) => `producers:
  - { type: file, name: events, path: events.ndjson, format: value, queue: { spool: { path: spool } } }
sources: [{ type: http, name: ingest, listen: '${listen}', acknowledge: stored }]\n`;
    const { answered } = await interrupted(new PipeProcess(folder, yaml('127.0.0.1:0')), 'SIGKILL');
    const again = new PipeProcess(folder, yaml('127.0.0.1:0'));
    await again.url();
    await sleep(500);
    again.kill();
    const end = await again.ended;
    expect(end.code, end.stderr).to.equal(0);
    const path = join(folder, 'events.ndjson');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
    const found = compared(
      answered,
      lines.map((line) => idOf(line)),
    );
    // A kill comes between a message and its answer: more may have arrived than was promised, never less.
    expect(found.missing).to.deep.equal([]);
    expect(found.yes).to.be.above(100);
  });
});
