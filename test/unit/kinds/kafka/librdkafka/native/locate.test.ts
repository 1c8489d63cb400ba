import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  type LibrarySource,
  PLATFORM_PACKAGE,
  refusalText,
  searchLibrary,
} from '../../../../../../src/kinds/kafka/librdkafka/native/locate.ts';
import { temporaryDirectories } from '../../../../../support/temporary.ts';

const SYSTEM_NAME = process.platform === 'darwin' ? 'librdkafka.1.dylib' : 'librdkafka.so.1';

describe('the search for librdkafka', () => {
  const directory = temporaryDirectories();

  function file(...parts: readonly string[]): string {
    const path = join(directory(), ...parts);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    return path;
  }

  /** A project in which these packages are installed. */
  function installed(packages: Readonly<Record<string, string>>) {
    return (name: string): string => {
      const path = packages[name];
      if (path === undefined) throw new Error(`Cannot find module '${name}'`);
      return path;
    };
  }

  const both = [true, false];
  for (const isNamed of both)
    for (const hasPackage of both)
      for (const isCompiled of both) {
        const expected: LibrarySource = isNamed
          ? 'OUTSPOOL_LIBRDKAFKA'
          : hasPackage
            ? 'platform package'
            : isCompiled
              ? 'node-rdkafka'
              : 'system';
        const there = [isNamed && 'a path', hasPackage && 'the platform package', isCompiled && 'node-rdkafka'];
        it(`finds the ${expected} library where there is ${there.filter(Boolean).join(', ') || 'nothing'}`, () => {
          const named = file('named.so');
          const prebuilt = file('librdkafka-prebuilt.so.1');
          const compiled = file('node-rdkafka', 'build', 'deps', SYSTEM_NAME);
          const found = searchLibrary(
            isNamed ? named : undefined,
            installed({
              ...(hasPackage && { [PLATFORM_PACKAGE]: prebuilt }),
              ...(isCompiled && { 'node-rdkafka/package.json': join(dirname(compiled), '../../package.json') }),
            }),
          );
          const paths = {
            OUTSPOOL_LIBRDKAFKA: named,
            'platform package': prebuilt,
            'node-rdkafka': compiled,
            system: SYSTEM_NAME,
          };
          expect(found).to.deep.equal({ source: expected, path: paths[expected] });
        });
      }

  it('goes on where a package is installed without its library', () => {
    const nothing = join(directory(), 'nothing');
    const packages = { [PLATFORM_PACKAGE]: nothing, 'node-rdkafka/package.json': join(nothing, 'package.json') };
    expect(searchLibrary('', installed(packages))).to.deep.equal({ source: 'system', path: SYSTEM_NAME });
  });

  it('does not go on where the path that was named does not exist', () => {
    const missing = join(directory(), 'missing.so');
    expect(() => searchLibrary(missing, installed({})))
      .to.throw(basename(missing))
      .that.has.property('code');
  });

  it('tells a second library from one that was replaced while it ran', () => {
    expect(refusalText('/a/librdkafka.so.1', '/b/librdkafka.so.1')).to.equal(
      'this process already runs /a/librdkafka.so.1: it cannot load /b/librdkafka.so.1 as well',
    );
    expect(refusalText('/a/librdkafka.so.1 (deleted)', '/a/librdkafka.so.1')).to.equal(
      '/a/librdkafka.so.1 was replaced or removed while this process runs it: restart the process',
    );
  });
});
