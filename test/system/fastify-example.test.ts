/** The web application of examples/, as a process, stopped under load: start, send, stop. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { HANG_MS, until } from '../support/until.ts';

const SERVER = fileURLToPath(new URL('../../examples/fastify/server.js', import.meta.url));
const CLIENTS = 8;

describe('the example with Fastify', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'outspool-fastify-'));
  const auditFile = join(folder, 'audit.ndjson');
  let kafka: EmbeddedKafka;
  let child: ChildProcess;
  let url: string;
  let output = '';

  before(async () => {
    kafka = await EmbeddedKafka.start();
    const env = { ...process.env, KAFKA: kafka.bootstrapServers, AUDIT_FILE: auditFile, PORT: '0' };
    child = spawn(process.execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout?.on('data', (text) => {
      output += text;
    });
    while (!/"msg":"Server listening at /.test(output)) {
      if (child.exitCode !== null) throw new Error(output);
      await sleep(20);
    }
    url = /Server listening at (http:[^"]+)"/.exec(output)?.[1] as string;
  });
  after(async () => {
    child.kill('SIGKILL');
    await kafka.stop();
    rmSync(folder, { recursive: true });
  });

  const post = (body: unknown) =>
    fetch(`${url}/signups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('has a connection before it takes a request', async () => {
    const health = await fetch(`${url}/health`);
    expect([health.status, ((await health.json()) as { connection: string }).connection]).to.deep.equal([
      200,
      'connected',
    ]);
  });

  it('answers when Kafka has acknowledged, and refuses what is no message', async () => {
    const answer = await post({ user: 'ada' });
    expect([answer.status, ((await answer.json()) as { offset: number }).offset]).to.deep.equal([200, 0]);
    expect((await post({ name: 'ada' })).status).to.equal(400);
  });

  it('stops under load: whoever was answered with 200 is in the topic, and the process ends by itself', async () => {
    const acknowledged: string[] = ['ada'];
    let stopped = false;
    const client = async (name: number) => {
      for (let number = 0; !stopped; number++) {
        const user = `${name}-${number}`;
        const status = await post({ user }).then(
          ({ status: code }) => code,
          () => 0, // no connection any more
        );
        if (status === 200) acknowledged.push(user);
        else stopped = true;
      }
    };
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
    await until(() => acknowledged.length > 3 * CLIENTS);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const [code] = await ended;
    stopped = true;
    await clients;
    expect(code).to.equal(0);
    const count = acknowledged.length;
    const messages = await readTopic({
      timeoutMs: HANG_MS,
      bootstrapServers: kafka.bootstrapServers,
      topic: 'signups',
      count,
    });
    const users = messages.map(({ value }) => JSON.parse(String(value)).user);
    expect(acknowledged.filter((user) => !users.includes(user))).to.deep.equal([]);
    const audited = readFileSync(auditFile, 'utf8').trimEnd().split('\n');
    const inAudit = new Set(audited.map((line) => JSON.parse(line).value.user));
    expect(acknowledged.filter((user) => !inAudit.has(user))).to.deep.equal([]);
    expect(output)
      .to.contain('producers are shut down')
      .and.to.match(/"signups":\{[^}]*"undelivered":0/);
  });
});
