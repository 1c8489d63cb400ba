/** Several processes append to one file that is rotated, and are killed again and again: what was delivered is there, in whole lines. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { AppendFile } from '../../src/kinds/file/append-file.ts';
import { rotatedFiles } from '../../src/shared/files/file-rotation.ts';
import { quiet } from '../support/quiet.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { until } from '../support/until.ts';

const APPEND = fileURLToPath(new URL('../fixtures/file/append-for-ever.js', import.meta.url));

/** So many in each of six lives fill more than one file. */
const ENOUGH = 300;

/** One life of a writer, and what it has been told of. */
class Life {
  readonly name: string;
  readonly #child: ChildProcess;
  #said = '';

  constructor(path: string, name: string) {
    this.name = name;
    this.#child = spawn(process.execPath, [APPEND, path, name], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (text) => {
      this.#said += text;
    });
  }

  get delivered(): number {
    return Number(this.#said.split('\n').at(-2) ?? 0);
  }

  async kill(): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await closed;
  }
}

/**
 * Opens the file as the next writer does. A kill between the moving away of a full file and the making of the next one leaves
 * no file of the name.
 */
async function openOnce(path: string): Promise<void> {
  const file = new AppendFile({ path, sync: 'never', sync_interval: '1s' }, quiet);
  await file.open();
  await file.close();
}

describe('a file that processes append to until they are killed', function () {
  this.timeout(120_000);
  const directory = temporaryDirectories();

  it('has everything that was delivered, in whole lines, each writer’s in order', async () => {
    const path = join(directory(), 'audit.ndjson');
    const lives: Life[] = [];
    const writer = async (name: number) => {
      for (let life = 0; life < 3; life++) {
        const one = new Life(path, `${name}-${life}`);
        lives.push(one);
        await until(() => one.delivered > ENOUGH);
        await sleep(20 * life);
        await one.kill();
      }
    };
    await Promise.all([writer(0), writer(1)]);
    await openOnce(path);
    const rotated = await rotatedFiles(path);
    expect(rotated).to.not.have.lengthOf(0);
    const lines = [...rotated, path].flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(0, -1));
    // Of a line that was cut by a kill while the other one wrote, the rest is marked.
    const whole = lines.filter((line) => !line.endsWith('\u0018')).map((line) => JSON.parse(line));
    expect(lines.length - whole.length).to.be.at.most(lives.length);
    for (const { name, delivered } of lives) {
      const numbers = whole.filter(({ key }) => key === name).map(({ value }) => value.one);
      expect(numbers.slice(0, delivered), name).to.deep.equal(Array.from({ length: delivered }, (_, number) => number));
    }
  });
});
