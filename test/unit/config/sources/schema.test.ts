/** Files with sources: what is wrong with them, beside what the fixtures of test/bad-inputs show. */

import { expect } from 'chai';
import { loadFile } from '../../../../src/config/load.ts';
import { OPTIONS, problems, yamlFile } from '../helpers.ts';

const check = async (text: string): Promise<string[]> => problems(loadFile(await yamlFile(text), OPTIONS));

const producer = (name: string, more = '') => `  - { type: memory, name: ${name}${more} }\n`;
const SPOOL = (name: string) => `, queue: { spool: { path: ${name}-spool } }`;
const stored = (port: number | string = 8080) =>
  `sources: [{ type: http, name: in, listen: '127.0.0.1:${port}', acknowledge: stored }]\n`;

describe('the sources of a file', () => {
  it('may listen at any port there is', async () => {
    const listen = (port: number) => check(`producers:\n${producer('a', SPOOL('a'))}${stored(port)}`);
    for (const port of [0, 1, 65_535]) expect(await listen(port)).to.deep.equal([]);
    expect((await listen(65_536)).join()).to.contain('expected an address as host:port');
  });

  it('store with spools alone: those of the producers that their routes name, or of all', async () => {
    const two = `producers:\n${producer('a', SPOOL('a'))}${producer('b')}`;
    const routes = (to: string) => `routes: [{ to: ${to} }]\n`;
    expect(await check(`${two}${routes('a')}${stored()}`)).to.deep.equal([]);
    const said = "producer 'b' stores nothing: it has no 'queue.spool'";
    expect((await check(`${two}${routes('[a, b]')}${stored()}`)).join()).to.contain(said);
    expect((await check(`${two}routes: [{ to: a, fallback: b }]\n${stored()}`)).join()).to.contain(said);
    expect((await check(`producers:\n${producer('b')}${stored()}`)).join()).to.contain(said);
  });

  it('and producers are lists', async () => {
    for (const [value, got] of [
      ['5', '5'],
      ['{ a: 1 }', 'a mapping'],
      ['[]', 'an empty list'],
    ])
      expect((await check(`producers: ${value}\n`)).join(), value).to.contain(
        `expected a list of producers, got ${got}`,
      );
    expect((await check(`producers:\n${producer('a')}sources: 5\n`)).join()).to.contain(
      'expected a list of sources, got 5',
    );
  });

  it('have keys that are texts, however they are written', async () => {
    const unknown = (key: string) =>
      check(`producers:\n${producer('a')}sources: [{ type: stdin, name: in, ${key}: 1 }]\n`);
    expect((await unknown('0x10')).join()).to.contain("unknown key '0x10'");
    expect((await unknown('true')).join()).to.contain("unknown key 'true'");
    expect((await unknown('"na\\u006de"')).join()).to.contain("duplicate key 'name'");
  });
});
