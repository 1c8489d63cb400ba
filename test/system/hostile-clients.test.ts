/**
 * A listener in a process of its own under hostile clients, with a table of what each of them cost. Wrong is a client without an answer
 * (or the end of its connection), a wrong answer, memory beyond what the listener's limits allow, and an unanswered `/health`.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { HOSTILE_CLIENTS, type HostileClient, type Reply, type Step } from '../support/hostile-clients.ts';

const PROCESS = fileURLToPath(new URL('../accept/listener-process.js', import.meta.url));
const MIB = 2 ** 20;
/** `max_pending_bytes`, and what may come on top. */
const MOST_MIB = 64 + 150;
const HANG_MS = 60_000;
const LOOK_MS = 5;
const SETTINGS = { header_timeout: '2s', body_timeout: '3s', max_connections: 200, format: 'message' };

interface Measured {
  readonly name: string;
  readonly replies: readonly (readonly Reply[])[];
  readonly ms: number;
  readonly stallMs: number;
  readonly mib: number;
}

describe('hostile clients of a listener', function () {
  this.timeout(HANG_MS + 10_000);
  const rows: Measured[] = [];
  let child: ChildProcess;
  let port: number;

  before(async () => {
    child = spawn(process.execPath, [PROCESS, JSON.stringify(SETTINGS)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
    port = Number(line);
  });

  after(() => {
    child.kill();
    console.log(table(rows));
  });

  /** Only Linux tells it of another process. */
  function rss(): number {
    if (process.platform !== 'linux') return 0;
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024;
  }

  const open = (): Socket => connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});

  async function write(socket: Socket, steps: readonly Step[]): Promise<void> {
    for (const step of steps)
      if (typeof step === 'number') await sleep(step);
      else if (step === 'end') socket.end();
      else if (step === 'destroy') socket.destroy();
      else if (!socket.destroyed) socket.write(step);
  }

  /** Resolves with so many statuses, or with what there was when the connection ended. */
  function repliesOf(socket: Socket, count: number): Promise<Reply[]> {
    let said = '';
    const statuses = (): Reply[] =>
      [...said.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)]
        .map(([, status]) => Number(status))
        .filter((status) => status !== 100);
    return new Promise((resolve) => {
      socket.on('data', (bytes) => {
        said += bytes.toString('latin1');
        if (statuses().length >= count) resolve(statuses());
      });
      for (const event of ['end', 'close'])
        socket.on(event, () => resolve(statuses().length > 0 ? statuses() : ['closed']));
    });
  }

  async function run(client: HostileClient): Promise<Reply[][]> {
    const count = client.replies[0]?.length ?? 1;
    return Promise.all(
      Array.from({ length: client.clients ?? 1 }, async () => {
        const socket = open();
        const replies = repliesOf(socket, count);
        void write(socket, client.steps);
        return replies.finally(() => socket.destroy());
      }),
    );
  }

  /** Asks `/health` as long as the work goes on; another connection each time, as a supervisor does. */
  async function watched(work: Promise<Reply[][]>): Promise<Pick<Measured, 'stallMs' | 'mib'>> {
    let isDone = false;
    void work.finally(() => {
      isDone = true;
    });
    let [stallMs, most] = [0, 0];
    const before = rss();
    while (!isDone) {
      const begin = performance.now();
      await health();
      stallMs = Math.max(stallMs, performance.now() - begin);
      most = Math.max(most, rss() - before);
      await sleep(LOOK_MS);
    }
    return { stallMs, mib: most / MIB };
  }

  /** Where all connections are taken there is no answer. On a busy machine the head may come too late for this listener. */
  async function health(): Promise<void> {
    const socket = open();
    socket.write('GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    const [status] = await repliesOf(socket, 1);
    socket.destroy();
    expect(status).to.be.oneOf([200, 408, 'closed']);
  }

  it('are at least 60 kinds', () => expect(HOSTILE_CLIENTS.length).to.be.at.least(60));

  for (const client of HOSTILE_CLIENTS)
    it(`${client.name}: ${client.replies.map((replies) => [...new Set(replies)].join(' and ')).join(', or ')}`, async () => {
      const begin = performance.now();
      const work = run(client);
      const cost = await watched(work);
      const replies = await work;
      rows.push({ name: client.name, replies, ms: performance.now() - begin, ...cost });
      for (const one of replies) expect(client.replies).to.deep.include(one);
      expect(cost.mib).to.be.below(MOST_MIB);
      expect(child.exitCode).to.equal(null);
    });

  it('leave a listener that takes messages', async () => {
    expect(await run(HOSTILE_CLIENTS[0] as HostileClient)).to.deep.equal([[200]]);
  });
});

/** `200 ×3, 429`. */
function summary(replies: Measured['replies']): string {
  const counts = new Map<Reply, number>();
  for (const reply of replies.flat()) counts.set(reply, (counts.get(reply) ?? 0) + 1);
  return [...counts].map(([reply, count]) => (count === 1 ? reply : `${reply} ×${count}`)).join(', ');
}

function table(rows: readonly Measured[]): string {
  const cells = rows.map(({ name, replies, ms, stallMs, mib }) =>
    [
      name.padEnd(42),
      summary(replies).padEnd(24),
      ms.toFixed(0).padStart(7),
      stallMs.toFixed(0).padStart(7),
      mib.toFixed(0).padStart(7),
    ].join(' '),
  );
  const header = ['client'.padEnd(42), 'answers'.padEnd(24), '     ms', '  stall', 'RSS MiB'].join(' ');
  return [header, ...cells].join('\n');
}
