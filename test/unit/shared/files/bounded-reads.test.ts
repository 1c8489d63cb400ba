/** Files that others have made: only regular ones, and never more than a bound. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSource } from '../../../../src/config/yaml/document.ts';
import { resolveReferences } from '../../../../src/config/yaml/references.ts';
import { tlsOptions } from '../../../../src/kinds/common/tls-options.ts';
import { readBounded } from '../../../../src/shared/files/whole-reads.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

const MIB = 2 ** 20;

describe('a bounded read', () => {
  const directory = temporaryDirectories();
  let path: string;

  beforeEach(() => {
    path = join(directory(), 'file');
  });

  for (const size of [0, 1, 65_536, 65_537, MIB - 1, MIB])
    it(`has all of ${size} bytes`, () => {
      writeFileSync(path, 'x'.repeat(size));
      expect(readBounded(path, MIB)).to.have.length(size);
    });

  it('has all of a file whose size the system does not tell', () => {
    expect(readBounded('/proc/self/status', MIB).toString()).to.contain('Pid:');
  });

  const ODD: Readonly<Record<string, { readonly make: () => void; readonly why: string }>> = {
    'a device without an end': { make: () => symlinkSync('/dev/zero', path), why: 'is no regular file' },
    'a pipe': { make: () => execFileSync('mkfifo', [path]), why: 'is no regular file' },
    'a file that is too large': { make: () => writeFileSync(path, 'x'.repeat(MIB + 1)), why: 'is larger than 1 MiB' },
    'a folder': { make: () => mkdirSync(path), why: 'is a directory' },
  };

  for (const [name, { make, why }] of Object.entries(ODD)) {
    it(`refuses ${name}`, () => {
      make();
      expect(() => readBounded(path, MIB)).to.throw(why);
    });

    it(`refuses ${name} as a reference`, () => {
      make();
      const { problems } = resolveReferences(`\${file:${path}}`, { env: {}, baseDir: '/' });
      expect(problems.join()).to.contain(why);
    });

    // Of a configuration, a pipe is read to its end (pipe-reads.test.ts).
    if (name !== 'a pipe')
      it(`refuses ${name} as a configuration`, async () => {
        make();
        const error = await readSource(path).catch((thrown) => thrown);
        expect(error.message).to.contain(why);
      });
  }

  for (const name of ['a device without an end', 'a pipe'])
    it(`refuses ${name} as a certificate`, () => {
      ODD[name]?.make();
      expect(() => tlsOptions({ ssl_cafile: path })).to.throw("the file of 'ssl_cafile' is no regular file");
    });
});
