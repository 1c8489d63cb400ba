import { writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { mendingOf } from '../../../../src/kinds/file/mend.ts';
import { TransientSendError } from '../../../../src/shared/errors.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

const WHOLE = `${JSON.stringify({ value: 'x'.repeat(1000) })}\n`;

describe('the end of a file', () => {
  const directory = temporaryDirectories();
  let file: FileHandle;

  afterEach(() => file.close());

  async function holding(text: string): Promise<FileHandle> {
    const path = join(directory(), 'messages.ndjson');
    writeFileSync(path, text);
    file = await open(path, 'r');
    return file;
  }

  /** Of every read the system gives `most` bytes, or refuses it. */
  function hamper(most: number, code?: string): void {
    const read = file.read.bind(file);
    sinon.stub(file, 'read').callsFake((async (target: Buffer, ...[from, length, at]: [number, number, number]) => {
      if (code !== undefined) throw Object.assign(new Error(code), { code });
      return read(target, from, Math.min(length, most), at);
    }) as unknown as typeof file.read);
  }

  const ENDS = [
    ['a whole line', WHOLE, { way: 'nothing' }],
    ['half a line', `${WHOLE}{"value":"xx`, { way: 'cut', size: WHOLE.length, bytes: 12 }],
    ['a line without its end', `${WHOLE}{"value":1}`, { way: 'append', bytes: Buffer.from('\n') }],
  ] as const;

  for (const [what, text, mending] of ENDS)
    it(`is the same where the system reads it in parts: ${what}`, async () => {
      await holding(text);
      expect(await mendingOf(file, text.length)).to.deep.equal(mending);
      hamper(5);
      expect(await mendingOf(file, text.length)).to.deep.equal(mending);
    });

  it('is not known where it cannot be read', async () => {
    await holding(`${WHOLE}{"value":"xx`);
    hamper(5, 'EIO');
    expect(await mendingOf(file, WHOLE.length + 12).catch((error: unknown) => error)).to.have.property('code', 'EIO');
  });

  it('is not known where the file was cut meanwhile', async () => {
    await holding(`${WHOLE}{"value":"xx`);
    const failure = await mendingOf(file, WHOLE.length + 500).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(TransientSendError);
  });
});
