/** I9: what a class says of its secret comes out nowhere, by whatever way it might. */

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { LeakyProducer } from '../fixtures/producers/leaky-producer.ts';
import { type LogLine, noting } from '../support/engine-rig.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { PATIENT, until } from '../support/until.ts';

const CANARY = 'canary"7f/ß';
const SHOWN = { depth: 20, maxArrayLength: null, maxStringLength: null } as const;

describe('a secret that a class says', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();

  /** Everything that an application may get to see of one. */
  class Seen {
    readonly logs: LogLine[] = [];
    readonly things: unknown[] = [];
    readonly producer: LeakyProducer;

    constructor(settings: object = {}) {
      const config = {
        type: 'custom',
        name: 'leaky',
        secret: CANARY,
        max_retries: 1,
        backoff_seconds: 0.05,
        ...settings,
      };
      this.producer = new LeakyProducer(config as never, {
        logger: noting(this.logs),
        deadLetter: (letter) => void this.things.push(letter),
        deliveryReport: (error) => void this.things.push(error),
      });
    }

    async of(promise: Promise<unknown>): Promise<void> {
      this.things.push(await promise.catch((error) => error));
    }

    /** Where the words arrived, the secret would have. */
    async end(): Promise<string> {
      await this.of(this.producer.shutdown(1000));
      const said = inspect([this.things, this.logs], SHOWN);
      for (const form of [CANARY, 'canary', JSON.stringify(CANARY), encodeURIComponent(CANARY)])
        expect(said).not.to.include(form);
      return said;
    }
  }

  const heard = (said: string) => said.split("the server does not take '***'").length - 1;

  it('is not in what becomes of messages: rejections with their causes, letters, reports, the log', async () => {
    const seen = new Seen();
    await seen.of(seen.producer.send({ value: 'refused' }, PATIENT));
    await seen.of(seen.producer.send({ value: 'failing' }, { timeout: 3000 }));
    const said = await seen.end();
    expect(said).to.include('DeliveryTimeoutError').and.to.include('dead_lettered');
    expect(heard(said)).to.be.greaterThan(8);
  });

  it('nor in what is said of a connection, by a start, a check or a closed producer', async () => {
    const seen = new Seen({ down: true });
    await seen.of(seen.producer.start({ timeout: 5000 }));
    await seen.of(seen.producer.check({ timeout: 2000 }));
    await seen.of(seen.producer.send({ value: 1 }, { timeout: 300 }));
    expect(heard(await seen.end())).to.be.greaterThan(5);
  });

  it('nor in what is said of a worker that dies, and of the message that kills it', async () => {
    const seen = new Seen();
    seen.producer.produce({ value: 'deadly' });
    await until(() => seen.producer.stats().workerRestarts > 0);
    const said = await seen.end();
    expect(seen.logs.some(({ message }) => message.startsWith('the worker died'))).to.equal(true);
    expect(heard(said)).to.be.greaterThan(1);
  });

  /** A class of one's own; the package is found by the path of its build. */
  const CLASS = `const { BaseProducer, BaseProducerConfig, PermanentSendError, secret } = require(${JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))});
const { z } = require(${JSON.stringify(join(import.meta.dirname, '../../node_modules/zod'))});
exports.Leaky = class Leaky extends BaseProducer {
  static module = __filename;
  static config = BaseProducerConfig.extend({ secret: z.string(), door: secret(z.string().min(4)).default('hunter2default'), note: z.string().default('x'), down: z.boolean().default(false), odd: z.boolean().default(false) });
  constructor(config, options) {
    super(config, options);
    if (this.config.odd) throw new Error(this.text);
  }
  get text() { return 'no ' + this.config.secret + ', ' + this.config.door + ', ' + this.config.note; }
  async _connect() { if (this.config.down) throw new Error(this.text); }
  async _send() { throw new PermanentSendError(this.text); }
  async _close() {}
};
`;
  const CONFIG = `producers:
  - { type: custom, module: ./leaky.cjs, name: refusing, secret: "\${SECRET}", door: hunter2door, note: "\${file:note}", queue: { spool: { path: s } }, dead_letter: { file: l.ndjson } }
  - { type: custom, module: ./leaky.cjs, name: down, secret: "\${SECRET}", door: hunter2door, note: "\${file:note}", down: true, backoff_seconds: 0.1 }
  - { type: custom, module: ./leaky.cjs, name: odd, secret: "\${SECRET}", door: hunter2door, note: "\${file:note}", odd: true }
`;
  /** An application with the default logger, that leaves a message in the spool. */
  const SERVICE = `const { ProducerRuntime } = require(${JSON.stringify(join(import.meta.dirname, '../../dist/index.js'))});
const { Leaky } = require('./leaky.cjs');
(async () => {
  const config = { type: 'custom', name: 'refusing', secret: process.env.SECRET, queue: { spool: { path: 's' } } };
  const producer = new Leaky({ ...config, down: true });
  await producer.enqueue({ value: 1 });
  await producer.shutdown(500);
})();
`;

  it('nor in the default JSON log, or in anything that the command prints', async () => {
    const cwd = directory();
    for (const [name, text] of Object.entries({
      'leaky.cjs': CLASS,
      'p.yaml': CONFIG,
      note: 'hunter2note\n',
      'service.cjs': SERVICE,
    }))
      writeFileSync(join(cwd, name), text);
    const env = { SECRET: 'hunter2secret' };
    const run = async (...args: string[]) => {
      const ran = await runCommand({ args, cwd, env, stdin: '1\n' });
      expect(ran.stderr + ran.stdout, args.join(' ')).not.to.include('hunter2');
      expect(ran.stderr).to.match(/^p\.yaml:2:\d+: producers\[0\]\.door is a secret .*\(and 2 more\): chmod 600/);
      return ran.stderr;
    };
    const log = spawnSync(process.execPath, ['service.cjs'], {
      cwd,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    }).stderr;
    expect(log).to.include('no ***, ***, x').and.not.to.include('hunter2');
    expect(await run('send', '-c', 'p.yaml', '-p', 'refusing')).to.include('no ***, ***, ***');
    expect(await run('send', '-c', 'p.yaml', '-p', 'down', '--verbose', '--timeout', '8s')).to.include(
      'no ***, ***, ***',
    );
    expect(await run('send', '-c', 'p.yaml', '-p', 'odd')).to.include('no ***, ***, ***');
    expect(await run('check', '-c', 'p.yaml', 'down', 'refusing', '--json')).to.include('no ***, ***, ***');
    expect(await run('spool', 'replay', '-c', 'p.yaml', 'refusing', '--verbose', '--json')).not.to.equal('');
  });
});
