/** The newest dead letters of files, as the page shows them. */

import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { deadLetterLine } from '../../../src/caller/dead-letters/letter-line.ts';
import { newestLetters } from '../../../src/operations/dead-letter-tail.ts';
import { deadLetters, type ShownLetter } from '../../../src/operations/dead-letters.ts';
import { rotate } from '../../../src/shared/files/file-rotation.ts';
import { Message } from '../../../src/shared/message/message.ts';
import { temporaryDirectories } from '../../support/temporary.ts';

const line = (n: number, value: Uint8Array | string = `value ${n}`) => {
  const message = new Message({
    ...{ id: '', topic: 'orders', key: Buffer.from('k'), partition: null, timestamp: null, isError: false },
    value: Buffer.from(value),
    headers: [['trace', Buffer.from('abc')]],
  });
  const at = Date.parse('2026-01-01T00:00:00Z') + n * 1000;
  const attempts = Array.from({ length: 9 }, (_, index) => ({ at, error: { name: 'Error', message: `no ${index}` } }));
  const letter = { id: `id-${n}`, at, producer: 'orders', reasonClass: 'permanent', reason: `too large ${n}` } as const;
  return `${deadLetterLine({ ...letter, message, attempts })}\n`;
};

describe('the newest dead letters', () => {
  const directory = temporaryDirectories();
  let file: string;
  beforeEach(() => {
    file = join(directory(), 'letters.ndjson');
  });

  const ask = async (query = '', mask = (text: string) => text) => {
    const { body } = await deadLetters({ deadLetterFiles: [file], mask }, query);
    return JSON.parse(String(body)) as { files: string[]; letters: ShownLetter[]; isCut: boolean };
  };
  const ids = async (query?: string) => (await ask(query)).letters.map(({ id }) => id);

  it('come first, over the files that were moved away', async () => {
    writeFileSync(file, line(1) + line(2));
    await rotate(file);
    writeFileSync(file, line(3) + line(4));
    expect(await ids()).to.deep.equal(['id-4', 'id-3', 'id-2', 'id-1']);
    expect((await ask()).isCut).to.equal(false);
  });

  it('are found by any of their texts, whatever the case', async () => {
    writeFileSync(file, line(1) + line(2, 'Grüße') + line(3));
    expect(await ids('search=GRÜSSE')).to.deep.equal([]);
    expect(await ids(`search=${encodeURIComponent('GRÜß')}`)).to.deep.equal(['id-2']);
    expect(await ids('search=too+large+3')).to.deep.equal(['id-3']);
    expect(await ids('search=reasonClass')).to.deep.equal([]); // the name of a member is no text of theirs
  });

  it('have content, reason and the last attempts, with secrets masked', async () => {
    writeFileSync(file, line(1, 'my password is hunter2'));
    const [letter] = (await ask('', (text) => text.replaceAll('hunter2', '***'))).letters;
    expect(letter).to.deep.include({ value: 'my password is ***', key: 'k', reason: 'too large 1', topic: 'orders' });
    expect(letter?.headers).to.deep.equal([['trace', 'abc']]);
    expect(letter?.attempts.map(({ error }) => error)).to.deep.equal([4, 5, 6, 7, 8].map((n) => `Error: no ${n}`));
  });

  it('show bytes that are no text as base64, and the beginning of what is long', async () => {
    writeFileSync(file, line(1, Uint8Array.of(255, 0)) + line(2, 'x'.repeat(5000)));
    const [long, bytes] = (await ask()).letters;
    expect(bytes?.value).to.equal('base64 /wA=');
    expect(long?.value).to.match(/^x{2000}… \(5000 bytes\)$/);
  });

  it('are no lines that are torn, being written, or something else', async () => {
    writeFileSync(file, `${line(1)}{"v":1}\nno JSON\n`);
    appendFileSync(file, line(2).slice(0, 50));
    expect(await ids()).to.deep.equal(['id-1']);
  });

  it('are bounded in number and in what is read', async () => {
    writeFileSync(file, Array.from({ length: 150 }, (_, n) => line(n)).join(''));
    const { letters, isCut } = await ask();
    expect([letters.length, letters[0]?.id, isCut]).to.deep.equal([100, 'id-149', true]);
    const mostBytes = 3 * line(100).length + 10;
    const tail = await newestLetters(file, { keep: ({ id }) => id, most: 100, mostBytes });
    expect(tail.letters).to.deep.equal(['id-149', 'id-148', 'id-147']);
    expect(tail.isCut).to.equal(true);
  });

  it('are parsed in parts, between which the event loop turns', async () => {
    writeFileSync(file, Array.from({ length: 2000 }, (_, n) => line(n)).join(''));
    const inTurns: number[] = [0];
    let isOver = false;
    const next = () => {
      inTurns.push(0);
      if (!isOver) setImmediate(next);
    };
    setImmediate(next);
    const keep = () => {
      inTurns.push((inTurns.pop() as number) + 1);
      return undefined;
    };
    await newestLetters(file, { keep, most: 100 });
    isOver = true;
    expect(inTurns.reduce((sum, letters) => sum + letters)).to.equal(2000);
    expect(Math.max(...inTurns)).to.be.below(100);
  });

  it('are none where there is no file yet, or a device takes them', async () => {
    expect((await ask()).letters).to.deep.equal([]);
    file = '/dev/stdout';
    expect((await ask()).letters).to.deep.equal([]);
    file = '/dev/null';
    expect((await ask()).letters).to.deep.equal([]);
  });
});
