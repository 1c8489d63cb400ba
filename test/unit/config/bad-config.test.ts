import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../../src/shared/errors.ts';
import { INSPECTED, loadProducers, withoutKinds } from './helpers.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/bad-config');
const EXPECTED: Record<string, string[]> = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8'));

async function linesOf(file: string): Promise<string[]> {
  try {
    await loadProducers(join(FOLDER, file), INSPECTED);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as Error).message.replaceAll(`${FOLDER}/`, '').split('\n').map(withoutKinds);
  }
  return [];
}

describe('a wrong file', () => {
  for (const [file, lines] of Object.entries(EXPECTED))
    it(`${file.replace('.yaml', '')}: ${lines.length} at exact positions`, async () => {
      expect(await linesOf(file)).to.deep.equal(lines);
    });

  it('has its expected lines, and at least 30 files do', () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
    expect(Object.keys(EXPECTED).sort()).to.deep.equal(files.sort());
    expect(files.length).to.be.at.least(30);
  });

  it('never gives a secret away', () => {
    expect(JSON.stringify(EXPECTED)).not.to.include('hunter2');
  });
});
