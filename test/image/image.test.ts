/** The image of the Dockerfile, built and run here. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../support/until.ts';
import { Engine, type ImageConfig } from './engine.ts';

/** The image's user. */
const USER = 1000;
const MB = 1e6;

describe('the image of the Dockerfile', () => {
  const engine = new Engine();
  let root: string;
  let config: ImageConfig;

  before(async () => {
    root = await engine.build();
    config = await engine.config();
  });
  after(() => engine.remove());

  it('runs the command as a user that is not root, and stops it by SIGTERM', () => {
    expect(config).to.include({ User: 'node', StopSignal: 'SIGTERM' });
    expect(config.Entrypoint).to.deep.equal(['node', 'bin/produce']);
  });

  it('delivers messages to Kafka with the prebuilt library', async () => {
    expect(await engine.run('id', '-un')).to.equal('node\n');
    expect(await engine.run(...config.Entrypoint, 'smoke')).to.include('ok: 300 of 300 messages delivered');
    expect(await engine.run(...config.Entrypoint, 'version', '--json')).to.include('@outspool/librdkafka-linux');
  });

  it('has the clients of RabbitMQ and HTTP, and neither a compiler nor the packages of the build', async () => {
    await engine.run('node', '-e', "require('amqplib'); require('undici')");
    const tools = 'for tool in cc gcc g++ make python3 pip3 tsc; do command -v $tool; done; ls node_modules';
    const found = (await engine.run('sh', '-c', tools)).split('\n');
    expect(found).to.include('zod');
    for (const absent of ['/usr/bin/cc', '/usr/bin/make', '/usr/bin/python3', 'typescript', 'mocha', 'node-rdkafka'])
      expect(found).to.not.include(absent);
  });

  it('adds less than 60 MB to its base', async () => {
    const added = await engine.addedBytes();
    console.log(`      adds ${Math.round(added / MB)} MB to its base`);
    expect(added).to.be.within(10 * MB, 60 * MB);
  });

  it('is healthy while its process runs, or while the address of HEALTH_URL answers', async () => {
    const [, ...check] = config.Healthcheck.Test;
    await engine.run(...check);
    const away = await engine.run('env', 'HEALTH_URL=http://127.0.0.1:1/health', ...check).catch(({ code }) => code);
    expect(away).to.equal(1);
  });

  describe('as process 1', () => {
    const SOURCE = join('data', 'lines');
    const LETTERS = Array.from({ length: 200 }, (_, index) => `"${index}"`);
    let container: ChildProcess;
    let said = '';

    beforeEach(() => {
      mkdirSync(join(root, 'data'));
      writeFileSync(join(root, SOURCE), `${LETTERS.join('\n')}\n`);
      writeFileSync(
        join(root, 'data/pipeline.yaml'),
        `sources: [{ type: file, name: in, path: /data/lines }]
producers: [{ type: file, name: out, path: /data/out }]
`,
      );
      for (const name of ['data', SOURCE, 'data/pipeline.yaml']) chownSync(join(root, name), USER, USER);
      const inside = ['chroot', `--userspec=${USER}:${USER}`, root, 'sh', '-c'];
      const command = `cd /app && exec ${config.Entrypoint.join(' ')} pipe --config /data/pipeline.yaml`;
      container = spawn('unshare', ['--fork', '--pid', '--kill-child', ...inside, command], { detached: true });
      for (const stream of [container.stdout, container.stderr]) stream?.on('data', (text) => (said += text));
    });
    afterEach(() => {
      if (container.exitCode === null) container.kill('SIGKILL');
    });

    it('drains on SIGTERM and ends with exit code 0, and what it took is delivered', async () => {
      const delivered = () => {
        const lines = readFileSync(join(root, 'data/out'), 'utf8').trim().split('\n');
        return lines.map((line) => JSON.stringify(JSON.parse(line).value));
      };
      await until(() => {
        if (container.exitCode !== null) throw new Error(said);
        try {
          return delivered().length === LETTERS.length;
        } catch {
          return false; // not yet there
        }
      });
      process.kill(await processOne(container), 'SIGTERM');
      const [code] = await once(container, 'exit');
      expect(code, said).to.equal(0);
      expect(delivered()).to.deep.equal(LETTERS);
      expect(said).to.match(/200 .*delivered/);
    });
  });
});

/** Returns the process id, outside, of the process that has number 1 in the namespace that this one made. */
async function processOne({ pid }: ChildProcess): Promise<number> {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  expect(children).to.have.length(1);
  return Number(children[0]);
}
