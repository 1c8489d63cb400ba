/** The README and the pages that it leads to first say what is so: their examples are the files that are run, and load. */

import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { INSPECTED, loadProducers, yamlFile } from '../unit/config/helpers.ts';

const MOST_LINES = 170;

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const README = read('README.md');

/** The page that shows a file of examples/readme, where the README does not. */
const ELSEWHERE: Readonly<Record<string, string>> = { 'use-custom-producer.mjs': 'docs/kinds/custom.md' };

describe('README', () => {
  it('is short', () => {
    expect(README.trimEnd().split('\n').length).to.be.at.most(MOST_LINES);
  });

  it('shows the files of examples/readme as they are, two of them marked', () => {
    for (const file of readdirSync(new URL('../../examples/readme', import.meta.url))) {
      const language = file.endsWith('.yaml') ? 'yaml' : 'js';
      const page = read(ELSEWHERE[file] ?? 'README.md');
      expect(page, file).to.contain(`\`\`\`${language}\n${read(`examples/readme/${file}`)}\`\`\`\n`);
    }
    const marked = [...README.matchAll(/^<!-- example: (\S+) -->\n```js\n/gm)].map(([, file]) => file);
    expect(marked).to.deep.equal(['first-steps.mjs', 'custom-producer.mjs']);
  });

  it('names nothing that is not there', () => {
    for (const [, path = ''] of README.matchAll(/\]\(([\w./-]+)\)/g)) expect(() => read(path), path).not.to.throw();
  });
});

describe('docs/kinds/kafka.md', () => {
  it('shows a secured producer that can be loaded', async () => {
    const page = read('docs/kinds/kafka.md');
    const [, yaml = ''] = /```yaml\n( {2}- type: kafka\n {4}name: payments\n[\s\S]*?)```/.exec(page) ?? [];
    const file = await yamlFile(`producers:\n${yaml}`);
    for (const folder of ['secrets', 'certificates']) mkdirSync(join(dirname(file), folder));
    writeFileSync(join(dirname(file), 'secrets/kafka-password'), 'mine\n');
    cpSync(new URL('../fixtures/tls/certificate.pem', import.meta.url), join(dirname(file), 'certificates/ca.pem'));
    const [producer] = await loadProducers(file, INSPECTED);
    expect(producer?.config).to.deep.include({ password: 'mine', client: { 'socket.keepalive.enable': true } });
    expect(producer?.config.ssl_cafile).to.equal(join(dirname(file), 'certificates/ca.pem'));
  });
});

describe('docs/dead-letters.md', () => {
  it('shows producers with dead letters that can be loaded', async () => {
    const page = read('docs/dead-letters.md');
    const [, yaml = ''] = /```yaml\n( {2}- type: kafka\n {4}name: orders\n[\s\S]*?)```/.exec(page) ?? [];
    const file = await yamlFile(`producers:\n${yaml}`);
    const [orders, failures] = await loadProducers(file, INSPECTED);
    expect(orders?.config).to.deep.include({ dead_letter: { producer: 'failures' }, on_shutdown: 'dead_letter' });
    expect(failures?.config.dead_letter).to.deep.equal({ file: join(dirname(file), 'dead-letters.ndjson') });
  });
});
