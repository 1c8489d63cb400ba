import { expect } from 'chai';
import { linesOf } from '../../../../src/pipe/lines/lines.ts';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, size: number): Promise<[number, string][]> {
  const found: [number, string][] = [];
  for await (const lines of linesOf(inPieces(Buffer.from(text), size), 'input'))
    for (const { bytes, number } of lines) found.push([number, bytes.toString()]);
  return found;
}

describe('lines of an input', () => {
  const text = '\ufeff1\r\n\n  \r\n"größe"\n\r\n{"a": "\ufeff"}\r\nlast';
  const expected: [number, string][] = [
    [1, '1'],
    [4, '"größe"'],
    [6, '{"a": "\ufeff"}'],
    [7, 'last'],
  ];

  it('are the same in whatever pieces they come', async () => {
    for (let size = 1; size <= text.length; size++)
      expect(await read(text, size), `pieces of ${size}`).to.deep.equal(expected);
  });

  it('end with or without a line break', async () => {
    expect(await read('1\n', 8)).to.deep.equal([[1, '1']]);
    expect(await read('', 8)).to.deep.equal([]);
  });

  it('are refused beyond 16 MiB, after those before them', async () => {
    const before: number[] = [];
    const reading = async () => {
      const input = Buffer.concat([Buffer.from('1\n2\n'), Buffer.alloc(17 * 2 ** 20, 'x')]);
      for await (const lines of linesOf(inPieces(input, 65_536), 'input'))
        before.push(...lines.map(({ number }) => number));
    };
    const error = await reading().catch((thrown: Error) => thrown);
    expect(error)
      .to.have.property('message')
      .that.matches(/^input:3:1 {2}this line is longer than 16 MiB/);
    expect(before).to.deep.equal([1, 2]);
  });

  it('are refused when they are too long, also where the line ends in the same piece', async () => {
    for (const text of ['1\n22222\n3\n', '1\n22222', '1\n22222\n33333\n']) {
      const before: number[] = [];
      const reading = async () => {
        for await (const lines of linesOf(inPieces(Buffer.from(text), 100), 'input', 4))
          before.push(...lines.map(({ number }) => number));
      };
      const error = await reading().catch((thrown: Error) => thrown);
      expect(error).to.have.property('message').that.contains('input:2:1  this line is longer than 4 bytes');
      expect(before).to.deep.equal([1]);
    }
    expect(await read('\t\r\n \t \n1\n', 100)).to.deep.equal([[3, '1']]);
  });
});
