/** The standard output for real: pipes of a shell, sockets of Node, files, readers that are slow or go away. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const WRITE_LINES = fileURLToPath(new URL('../fixtures/stdout/write-lines.js', import.meta.url));
const NODE = [process.execPath, WRITE_LINES];

/** What the process says of its messages, in the last line of stderr. */
interface Outcome {
  readonly accepted: number;
  readonly delivered: number;
  readonly undelivered: number;
  readonly timedOut: boolean;
  readonly refused: string | null;
}

async function outcomeOf(child: ChildProcess, onEnd = () => {}): Promise<Outcome> {
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text += chunk;
    onEnd();
  });
  await once(child, 'close');
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
}

const numbersIn = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).value?.number);
const upTo = (count: number) => Array.from({ length: count }, (_, number) => number);

describe('lines on the standard output', function () {
  this.timeout(120_000);
  const directory = mkdtempSync(join(tmpdir(), 'outspool-stdout-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const out = join(directory, 'out');

  /** In a shell, behind which `what` stands: `| wc`, `> file`. */
  const inShell = (count: number, what: string, shutdownMs = 60_000, onEnd?: () => void) =>
    outcomeOf(
      spawn('sh', ['-c', `"$@" ${count} ${shutdownMs} ${what}`, 'sh', ...NODE], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, OUT: out },
      }),
      onEnd,
    );

  it('reach a pipe, all of them, in order, before what the process writes itself', async () => {
    const { delivered, accepted } = await inShell(5000, '| cat > "$OUT"');
    expect([delivered, accepted]).to.deep.equal([5000, 5000]);
    expect(numbersIn(readFileSync(out, 'utf8'))).to.deep.equal([...upTo(5000), undefined]);
  });

  it('reach a file', async () => {
    const { delivered } = await inShell(5000, '> "$OUT"');
    expect(delivered).to.equal(5000);
    expect(numbersIn(readFileSync(out, 'utf8'))).to.deep.equal([...upTo(5000), undefined]);
  });

  it('reach another Node process, whose pipes are sockets', async () => {
    const [command = '', ...args] = NODE;
    const child = spawn(command, [...args, '5000', '60000'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    expect((await outcomeOf(child)).delivered).to.equal(5000);
    expect(numbersIn(text)).to.deep.equal([...upTo(5000), undefined]);
  });

  it('wait for a slow reader, with nothing lost', async () => {
    const { delivered } = await inShell(5000, '| (sleep 1; cat) > "$OUT"');
    expect(delivered).to.equal(5000);
    expect(numbersIn(readFileSync(out, 'utf8'))).to.have.lengthOf(5001);
  });

  it('are counted as far as they went, and the shutdown ends by its deadline, when nobody reads', async () => {
    // The reader begins when the process has given up and said so.
    const reader = '(until [ -e "$OUT.begin" ]; do sleep 0.05; done; head -c 65536) > "$OUT"';
    const { delivered, undelivered, timedOut } = await inShell(5000, `| ${reader}`, 3000, () =>
      writeFileSync(`${out}.begin`, ''),
    );
    const whole = numbersIn(readFileSync(out, 'utf8'));
    expect(timedOut).to.equal(true);
    expect(delivered).to.be.above(0);
    expect(delivered + undelivered).to.equal(5000);
    expect(whole).to.deep.equal(upTo(delivered));
  });

  it('end the producer when the reader goes away, with everything accounted for', async () => {
    const { accepted, delivered, undelivered, refused } = await inShell(200_000, '| head -1 > "$OUT"');
    expect(refused).to.equal('ERR_OUTSPOOL_PRODUCER_CLOSED');
    expect(delivered + undelivered).to.equal(accepted);
    expect(delivered).to.be.below(2000);
    expect(numbersIn(readFileSync(out, 'utf8'))).to.deep.equal([0]);
  });
});
