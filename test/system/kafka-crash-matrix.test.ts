import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { runScript } from '../support/run-script.ts';
import { slowDns } from '../support/slow-dns.ts';
import { HANG_MS } from '../support/until.ts';

const script = fileURLToPath(new URL('../support/crash-matrix.js', import.meta.url));
const question = fileURLToPath(new URL('../support/open-question.js', import.meta.url));
const ROUNDS = Number(process.env.CRASH_ROUNDS ?? 5);
const SLOW_NAME = 'slow.example';
/** Far longer than a process is given: one that waits for the resolver is killed. */
const SLOW_MS = 10 * HANG_MS;

interface Left {
  readonly before: { descriptors: number; threads: number };
  readonly after: { descriptors: number; threads: number };
  readonly reclaimed: number;
}

/** A native crash rejects: the process then ends by a signal. */
async function matrix(manner: string, state: string, slow: boolean): Promise<Left> {
  const env = slow ? slowDns(SLOW_NAME, SLOW_MS) : process.env;
  const args = [script, manner, state, String(ROUNDS), ...(slow ? [SLOW_NAME] : [])];
  return JSON.parse(await runScript(args, { env, timeout: HANG_MS }));
}

describe('ends of native Kafka clients', () => {
  for (const state of ['idle', 'in-flight']) {
    it(`closes ${state} clients and leaves neither threads nor descriptors`, async () => {
      const { before, after } = await matrix('close', state, false);
      expect(after.descriptors).to.be.at.most(before.descriptors);
      expect(after.threads).to.be.at.most(before.threads);
    });

    it(`reclaims ${state} clients of terminated workers`, async () => {
      const { before, after, reclaimed } = await matrix('worker', state, false);
      expect(reclaimed).to.equal(ROUNDS);
      expect(after.descriptors).to.be.at.most(before.descriptors);
      expect(after.threads).to.be.at.most(before.threads);
    });
  }

  it('reclaims clients of workers that were terminated while they read what librdkafka logs', async () => {
    expect((await matrix('worker', 'logging', false)).reclaimed).to.equal(ROUNDS);
  });

  it('reclaims the client by which a worker that died was asking where a partition ends', async () => {
    const { before, after } = JSON.parse(await runScript([question], { timeout: HANG_MS }));
    expect(after.threads).to.be.at.most(before.threads);
    expect(after.fileDescriptors).to.be.at.most(before.fileDescriptors);
  }).timeout(2 * HANG_MS);

  it('closes clients that are stuck in the resolver, and the process ends without waiting for them', async () => {
    await matrix('close', 'in-flight', true);
  });

  it('reclaims clients of terminated workers that are stuck in the resolver', async () => {
    const { reclaimed } = await matrix('worker', 'in-flight', true);
    expect(reclaimed).to.equal(ROUNDS);
  });
});

describe('the exit of a process in which librdkafka uses OpenSSL', () => {
  const ended = fileURLToPath(new URL('../support/exit-cleanup.js', import.meta.url));
  const endOf = (protocol: string) =>
    promisify(execFile)(process.execPath, [ended, protocol]).catch((error: unknown) => error);

  for (const protocol of ['ssl', 'SASL_PLAINTEXT'])
    it(`keeps its code and its output, and leaves out the clean-up of C libraries (${protocol})`, async () => {
      expect(await endOf(protocol)).to.include({ code: 7, stdout: 'written\n' });
    });

  it('is as ever without it', async () => {
    expect(await endOf('PLAINTEXT')).to.include({ signal: 'SIGABRT' });
  });
});

describe('ends while a worker loads the native library', function () {
  this.timeout(ROUNDS * 24_000);
  const early = fileURLToPath(new URL('../support/early-ends.js', import.meta.url));

  it('lets a shutdown at its deadline wait for that, and the process lives', async () => {
    expect(await runScript([early, 'shutdown', String(ROUNDS)])).to.equal('survived\n');
  });

  it('lets the exit of the process wait for that', async () => {
    for (let offset = 0; offset < ROUNDS * 4; offset += 8) {
      expect(await runScript([early, 'exit', '1', String(offset)])).to.equal('survived\n');
    }
  });

  it('exits wherever 64 starting workers are', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const args = [early, 'exit anywhere', '0', String((round * 397) % 4000), '64'];
      expect(await runScript(args)).to.equal('survived\n');
    }
  });

  it('lets the exit of the process wait for many workers', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      expect(await runScript([early, 'exit', '1', String((round * 97) % 400), '15'])).to.equal('survived\n');
    }
  });
});
