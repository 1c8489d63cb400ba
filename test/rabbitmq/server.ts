/** A private RabbitMQ: started, killed without a word and started again with what it has on disk. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Certificates, makeCertificates } from '../brokers/certificates.ts';
import { freePorts } from '../brokers/ports.ts';
import { definitions, makeUsers, type Users } from './definitions.ts';
import { control, environment, type Place, scripts } from './installation.ts';

/** The largest message that it takes, in bytes. */
export const LARGEST = 262_144;

const READY_MS = 90_000;
const GONE_MS = 60_000;
const STEP_MS = 50;

export class RabbitServer implements Place {
  readonly directory = mkdtempSync(join(tmpdir(), 'outspool-rabbitmq-'));
  readonly users: Users = makeUsers();
  readonly epmdPort: number;
  readonly distributionPort: number;
  readonly port: number;
  readonly tlsPort: number;
  certificates!: Certificates;
  #epmd: ChildProcess | undefined;
  #node: ChildProcess | undefined;
  readonly #endWithUs = (): void => {
    this.#killNode();
    this.#epmd?.kill('SIGKILL');
  };

  /** One that serves. */
  static async start(): Promise<RabbitServer> {
    const server = new RabbitServer(await freePorts(4));
    process.once('exit', server.#endWithUs);
    await server.#configure();
    await server.up();
    return server;
  }

  private constructor(ports: readonly number[]) {
    [this.epmdPort, this.distributionPort, this.port, this.tlsPort] = ports as [number, number, number, number];
  }

  url(port = this.port): string {
    return `amqp://127.0.0.1:${port}`;
  }

  /** The settings of a producer of the user that may do everything. */
  get settings() {
    return { type: 'rabbitmq' as const, url: this.url(), ...this.users.admin };
  }

  async #configure(): Promise<void> {
    const made = await makeCertificates(join(this.directory, 'tls'));
    this.certificates = made.forClients;
    const write = (name: string, text: string) => writeFileSync(join(this.directory, name), text, { mode: 0o600 });
    write('plugins', '[].\n');
    write('definitions.json', definitions(this.users));
    write('rabbitmq.conf', this.#settings(made.forBrokers.broker));
    mkdirSync(join(this.directory, 'log'));
    const args = ['-port', String(this.epmdPort), '-address', '127.0.0.1'];
    this.#epmd = spawn('epmd', args, { stdio: 'ignore' });
    await this.#listening(this.epmdPort);
  }

  #settings(certificate: string): string {
    return [
      `listeners.tcp.1 = 127.0.0.1:${this.port}`,
      `listeners.ssl.1 = 127.0.0.1:${this.tlsPort}`,
      `ssl_options.cacertfile = ${this.certificates.ca}`,
      `ssl_options.certfile = ${certificate}`,
      `ssl_options.keyfile = ${certificate}`,
      'ssl_options.verify = verify_peer',
      'ssl_options.fail_if_no_peer_cert = false',
      `load_definitions = ${join(this.directory, 'definitions.json')}`,
      `max_message_size = ${LARGEST}`,
      'disk_free_limit.absolute = 1MB',
      'vm_memory_high_watermark.absolute = 1GB',
      'log.console = false',
      'log.file.level = info',
      '',
    ].join('\n');
  }

  /** Starts it with what it has on disk, and waits until it serves. */
  async up(): Promise<void> {
    const log = openSync(join(this.directory, 'out'), 'a');
    const options = { env: environment(this), cwd: this.directory, stdio: ['ignore', log, log] as const };
    this.#node = spawn(join(scripts(), 'rabbitmq-server'), { ...options, stdio: ['ignore', log, log] });
    closeSync(log);
    await this.#listening(this.port);
    await this.#listening(this.tlsPort);
  }

  /** Without a word, as in a power cut. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#node?.once('exit', resolve));
    this.#killNode();
    await Promise.race([gone, sleep(GONE_MS)]);
    this.#node = undefined;
  }

  /** The process of Erlang, whose number the script has left; its own child sees to the rest. */
  #killNode(): void {
    if (this.#node === undefined) return;
    const pid = Number(readFileSync(join(this.directory, 'pid'), 'utf8'));
    if (commandLine(pid).includes(this.directory)) process.kill(pid, 'SIGKILL');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.up();
  }

  async stop(): Promise<void> {
    await this.kill();
    this.#epmd?.kill();
    process.off('exit', this.#endWithUs);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** As `rabbitmqctl` does. */
  async control(...args: string[]): Promise<void> {
    await control(this, args);
  }

  async #listening(port: number): Promise<void> {
    const end = performance.now() + READY_MS;
    while (!(await accepts(port))) {
      if (performance.now() > end) throw new Error(`RabbitMQ does not start:\n${this.lastWords}`);
      await sleep(STEP_MS);
    }
  }

  /** How many channels it has closed for an error so far, by its log. */
  get channelErrors(): number {
    const directory = join(this.directory, 'log');
    const files = readdirSync(directory).filter((name) => name.endsWith('.log'));
    const texts = files.map((name) => readFileSync(join(directory, name), 'utf8'));
    return texts.join('\n').split('Channel error on connection').length - 1;
  }

  get lastWords(): string {
    try {
      return readFileSync(join(this.directory, 'out'), 'utf8').split('\n').slice(-20).join('\n');
    } catch {
      return '(it has said nothing)';
    }
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
