import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { Ledger } from '../../src/kinds/kafka/librdkafka/close/ledger.ts';
import { loadNative } from '../../src/kinds/kafka/librdkafka/native/load.ts';
import { Wakeup } from '../../src/kinds/kafka/librdkafka/native/wakeup.ts';
import { LEDGER_BYTES, LibrdkafkaDriver } from '../../src/kinds/kafka/librdkafka/send/driver.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { runScript } from '../support/run-script.ts';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../support/few-descriptors.js', import.meta.url));
const ROUNDS = 50;
const LIMIT = 64;

describe('a process that may open no more files', () => {
  // With so many to spare the pipe of the wake-up fails, or a broker's pipe, or a socket.
  for (const spare of [0, 1, 2, 3, 4, 5])
    it(`keeps no thread and no descriptor of connects that fail with ${spare} to spare`, async () => {
      const { stdout } = await run('sh', [
        '-c',
        `ulimit -n ${LIMIT}; exec "$0" "$@"`,
        process.execPath,
        script,
        `${spare}`,
      ]);
      const { before: first, after: last, errors, isLedgerEmpty } = JSON.parse(stdout);
      expect(last.threads).to.be.at.most(first.threads);
      expect(last.fileDescriptors).to.be.at.most(first.fileDescriptors);
      expect(isLedgerEmpty).to.equal(true);
      const failed = Object.values<number>(errors).reduce((sum, count) => sum + count, 0);
      expect([failed, errors.ConfigError]).to.deep.equal([ROUNDS, undefined]);
    });

  it('starts no embedded cluster, says so, and lives on', async () => {
    const source = `
      import { closeSync, openSync } from 'node:fs';
      import { EmbeddedKafka } from ${JSON.stringify(new URL('../../src/testing/embedded-kafka.js', import.meta.url))};
      await (await EmbeddedKafka.start()).stop();
      const taken = [];
      try { for (;;) taken.push(openSync('/dev/null')); } catch {}
      const { message } = await EmbeddedKafka.start().catch((error) => error);
      for (const fd of taken) closeSync(fd);
      await (await EmbeddedKafka.start()).stop();
      console.log(message);`;
    const command = [process.execPath, '--input-type=module', '-e', source];
    const { stdout } = await run('sh', ['-c', `ulimit -n ${LIMIT}; exec "$0" "$@"`, ...command]);
    expect(stdout).to.match(/^too many open files for an embedded cluster/);
  });
});

describe('a shutdown that ends a worker while it loads', function () {
  this.timeout(120_000);

  it('leaves no file of its modules open', async () => {
    const loading = fileURLToPath(new URL('../support/shutdown-while-loading.js', import.meta.url));
    const { before: first, after: last } = JSON.parse(await runScript([loading, '40']));
    expect(last).to.be.at.most(first);
  });
});

/** What the descriptors of a process refer to; pipes by the number that the system has for each. */
const filesOf = (pid: number | string): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });

const isClosedOnExec = (fd: number): boolean => {
  const flags = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
  return (Number.parseInt(flags ?? '0', 8) & 0o2000000) !== 0;
};

describe('a child of a process that has a Kafka client', () => {
  let kafka: EmbeddedKafka;
  before(async () => {
    kafka = await EmbeddedKafka.start();
  });
  after(() => kafka.stop());

  it('has no end of the pipe that wakes the event loop (librdkafka’s own pipes are its own affair)', async () => {
    const ledger = new SharedArrayBuffer(LEDGER_BYTES);
    const earlier = new Set(filesOf('self'));
    const driver = new LibrdkafkaDriver({
      properties: { 'bootstrap.servers': kafka.bootstrapServers },
      topicProperties: {},
      defaults: { topic: 't', errorTopic: 'e' },
      ledger,
      log: () => {},
    });
    await driver.open(AbortSignal.timeout(5000));
    const names = new Ledger(ledger);
    const writeFd = names.take('writeFd') as number;
    names.set('writeFd', writeFd, () => {});
    const pipe = readlinkSync(`/proc/self/fd/${writeFd}`);
    const { stdout } = await run('sh', ['-c', 'ls -l /proc/$$/fd']);
    await driver.close(500);
    expect(earlier.has(pipe)).to.equal(false);
    expect(stdout).to.not.include(pipe);
  });

  it('has neither end of the pipe, with pipe2 and without', () => {
    const native = loadNative();
    for (const pipe2 of [native.libc.pipe2, undefined]) {
      const opened: number[] = [];
      const note = (fds: Int32Array, result: number) => {
        opened.push(...fds);
        return result;
      };
      const libc = {
        ...native.libc,
        pipe: (fds: Int32Array) => note(fds, native.libc.pipe(fds)),
        pipe2: pipe2 && ((fds: Int32Array, flags: number) => note(fds, pipe2(fds, flags))),
      };
      const queueIoEvent = () => {};
      const rdkafka = { ...native.rdkafka, queueIoEvent };
      const wakeup = new Wakeup({ ...native, libc, rdkafka }, 0, new Ledger(), () => {});
      expect(opened.map(isClosedOnExec)).to.deep.equal([true, true]);
      wakeup.close();
    }
  });
});
