import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { exitCodeOf } from '../../../../src/cli/process/exit.ts';
import { withFirstChecked } from '../../../../src/cli/send/first-message.ts';
import { type Input, openInput } from '../../../../src/cli/send/input.ts';
import { asError } from '../../../../src/shared/errors.ts';

const { signal } = new AbortController();

describe('the first message of `produce send`', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'first-message-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const inFile = (text: string): string => {
    const file = join(folder, 'messages.ndjson');
    writeFileSync(file, text);
    return file;
  };

  async function refused(given: { value?: string; file?: string }, flags = {}): Promise<string> {
    const input = await openInput({ ...given, signal });
    try {
      await withFirstChecked(input, flags);
      return expect.fail('it was not refused');
    } catch (error) {
      expect(exitCodeOf(error)).to.equal(2);
      return asError(error).message;
    } finally {
      await input.close();
    }
  }

  async function linesOf({ lines }: Input): Promise<string[]> {
    const all: string[] = [];
    for await (const some of lines) all.push(...some.map(({ bytes }) => bytes.toString()));
    return all;
  }

  it('is refused before anything connects: what is no JSON, has no key, or is invalid as a message', async () => {
    expect(await refused({ value: '{bad' })).to.match(/^--value:1:2 {2}invalid JSON/);
    expect(await refused({ value: '' })).to.include('invalid JSON');
    expect(await refused({ value: '{"a":1}' }, { keyField: 'id' })).to.include("expected field 'id'");
    expect(await refused({ value: '1' }, { key: '\ud800' })).to.match(/^--value:1:1 {2}key/);
    expect(await refused({ file: inFile('\n\n{bad\n{}\n') })).to.match(/messages\.ndjson:3:2 {2}invalid JSON/);
    expect(await refused({ file: inFile('\n \n') })).to.include('no message: expected one JSON value');
  });

  it('is sent with all that follow, whatever is wrong with those', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `{"index":${index}}`);
    const input = await openInput({ file: inFile(`${text.join('\n')}\n{bad\n`), signal });
    expect(await linesOf(await withFirstChecked(input, {}))).to.deep.equal([...text, '{bad']);
    await input.close();
  });

  it('is not waited for where another program writes it', async () => {
    const input: Input = {
      name: '<stdin>',
      isAtHand: false,
      lines: { [Symbol.asyncIterator]: () => expect.fail('it was read') },
      close: async () => {},
    };
    expect(await withFirstChecked(input, {})).to.equal(input);
  });
});
