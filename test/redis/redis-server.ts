/** A Redis of one's own: on loopback, in a folder that goes with it, to be killed and started again. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import { freePorts } from '../brokers/ports.ts';

const START_MS = 60_000;
export const PASSWORD = 'right-and-secret';

export class RedisServer {
  readonly port: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'outspool-redis-'));
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, flags: readonly string[]) {
    this.port = port;
    this.#flags = flags;
  }

  static async start(...flags: string[]): Promise<RedisServer> {
    const [port] = await freePorts(1);
    const server = new RedisServer(port as number, flags);
    await server.up();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** One that may do everything. */
  client(options: Pick<RedisOptions, 'lazyConnect' | 'retryStrategy'> = {}): Redis {
    const client = new Redis(this.port, '127.0.0.1', { password: PASSWORD, ...options });
    return client.on('error', () => {}); // it comes back
  }

  /** Everything that it has acknowledged is on disk, and is there again. */
  async up(): Promise<void> {
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    const here = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--dir',
      this.#folder,
      '--logfile',
      'log',
      '--requirepass',
      PASSWORD,
    ];
    this.#process = spawn('redis-server', [...here, ...durable, ...this.#flags], { stdio: 'ignore' });
    for (const end = Date.now() + START_MS; !(await this.#answers()); await sleep(20))
      if (Date.now() > end) throw new Error(`Redis does not answer on port ${this.port}`);
  }

  async #answers(): Promise<boolean> {
    const client = this.client({ lazyConnect: true, retryStrategy: () => null });
    try {
      await client.connect();
      await client.ping();
      return true;
    } catch {
      return false;
    } finally {
      client.disconnect();
    }
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
