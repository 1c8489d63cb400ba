/** The package as it is published: what is in it, and that it works in a project that has nothing else. */

import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { expect } from 'chai';
import { PackedProject } from '../support/packed-project.ts';
import { REPOSITORY } from '../support/repository.ts';

const EXAMPLES = ['producers.yaml', 'first-steps.mjs', 'custom-producer.mjs', 'use-custom-producer.mjs'];
const FIXTURES = ['first-steps.ts', 'custom-producer.ts', 'exit.mjs'];
const MODULES = { nodenext: { module: 'nodenext' }, bundler: { module: 'esnext', moduleResolution: 'bundler' } };

/** The file that an import stands for. Declarations name their sources. */
const fileOf = (from: string, target: string): string =>
  posix.join(posix.dirname(from), target).replace(/(?<!\.d)\.ts$/, '.d.ts');

describe('the packed package', function () {
  this.timeout(120_000);
  let project: PackedProject;
  before(async () => {
    project = await PackedProject.create();
    await project.copy(...EXAMPLES.map((name) => `examples/readme/${name}`));
    await project.copy(...FIXTURES.map((name) => `test/fixtures/packed/${name}`));
  });
  after(() => project?.remove());

  it('holds what is needed to use it, and nothing that is needed to make it', async () => {
    const folders = new Set(project.files.map((path) => (path.includes('/') ? path.split('/', 1)[0] : path)));
    expect([...folders].sort()).to.deep.equal([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'THIRD_PARTY_LICENSES',
      'bin',
      'config',
      'dist',
      'docs',
      'examples',
      'package.json',
    ]);
    expect(project.files.filter((path) => /\.test\.|(?<!\.d)\.ts$|\.map$/.test(path))).to.deep.equal([]);
  });

  it('names no source map and no file that is not in it', async () => {
    // The page of the operations endpoint runs in a browser, and has no types.
    const [code, types] = [/^dist(?!\/operations\/page\/).*\.js$/, /^dist.*\.d\.ts$/].map((kind) =>
      project.files.filter((path) => kind.test(path)),
    );
    expect(code?.length).to.be.above(300).and.to.equal(types?.length);
    for (const path of [...(code ?? []), ...(types ?? [])]) {
      const text = await readFile(join(project.folder, 'node_modules/outspool', path), 'utf8');
      expect(text, path).not.to.contain('sourceMappingURL');
      for (const [, target = ''] of text.matchAll(/(?:from|import\() ?['"](\.[^'"]+)['"]/g))
        expect(project.files, `${path}: ${target}`).to.include(fileOf(path, target));
    }
  });

  it('names the platform packages, each at one exact version, and nothing that is for the repository alone', async () => {
    const manifest = JSON.parse(await readFile(join(project.folder, 'node_modules/outspool/package.json'), 'utf8'));
    const version = JSON.parse(await readFile(join(REPOSITORY, 'npm/librdkafka.lock.json'), 'utf8')).version;
    const { koffi, ...platforms } = manifest.optionalDependencies;
    expect(koffi).to.be.a('string');
    expect(platforms).to.deep.equal({
      '@outspool/librdkafka-linux-x64': version,
      '@outspool/librdkafka-linux-arm64': version,
      '@outspool/librdkafka-darwin-arm64': version,
      '@outspool/librdkafka-darwin-x64': version,
    });
    expect(manifest.peerDependenciesMeta['node-rdkafka']).to.deep.equal({ optional: true });
    expect(manifest).not.to.have.any.keys('private', 'scripts', 'devDependencies', 'allowScripts', 'overrides');
  });

  const pages = () => project.files.filter((path) => path.endsWith('.md'));
  const textOf = (path: string) => readFile(join(project.folder, 'node_modules/outspool', path), 'utf8');

  it('has every file that a page in it links to', async () => {
    const there = new Set(project.files.flatMap((path) => [path, dirname(path)]));
    for (const page of pages()) {
      const prose = (await textOf(page)).replace(/^```[\s\S]*?^```$/gm, '').replace(/^ {4}.*$/gm, '');
      const links = [...prose.matchAll(/\]\(([^()\s#]+)[^()\s]*\)/g)].map(([, link = '']) => link);
      const relative = links.filter((link) => !/^[a-z]+:/.test(link));
      expect(
        relative.filter((link) => !there.has(join(dirname(page), link))),
        page,
      ).to.deep.equal([]);
    }
  });

  it('names files of the repository alone in the pages for those who change it', async () => {
    const users = pages().filter((page) => !/(?:CONTRIBUTING|DESIGN|decisions|invariants)\.md$/.test(page));
    expect(users.length).to.be.above(20);
    for (const page of users)
      expect(
        (await textOf(page)).match(/(?<![\w./@-])(?:src|test|scripts|bench)\/[\w./-]*/g) ?? [],
        page,
      ).to.deep.equal([]);
  });

  it('has every file that its package.json points to', async () => {
    const { exports, bin } = JSON.parse(
      await readFile(join(project.folder, 'node_modules/outspool/package.json'), 'utf8'),
    );
    const targetsOf = (target: unknown): string[] =>
      typeof target === 'string' ? [target] : Object.values(Object(target)).flatMap(targetsOf);
    const targets = targetsOf({ ...exports, ...bin });
    expect(targets.length).to.be.above(6);
    for (const target of targets) expect(project.files).to.include(target.replace(/^\.\//, ''));
  });

  it('runs the first example of the README, and the process ends by itself', async () => {
    const { code, stdout } = await project.node('first-steps.mjs');
    expect(stdout).to.match(/^acknowledged: orders, partition [0-3], offset 0\n/);
    expect(stdout).to.contain('delivered: 3,').and.to.contain('undelivered: 0,');
    expect(code).to.equal(0);
  });

  it('runs the second example of the README, and the process ends by itself', async () => {
    const { code, stdout } = await project.node('use-custom-producer.mjs');
    expect([code, stdout]).to.deep.equal([0, "signups { event: 'user_signup' }\n"]);
  });

  it('is what require() takes in CommonJS', async () => {
    await writeFile(
      join(project.folder, 'common.cjs'),
      "console.log(Object.keys(require('outspool')).includes('ProducerRuntime'))",
    );
    const { code, stdout } = await project.node('common.cjs');
    expect([code, stdout]).to.deep.equal([0, 'true\n']);
  });

  for (const [name, options] of Object.entries(MODULES))
    it(`type-checks both examples in TypeScript under ${name}, libraries included`, async () => {
      const compilerOptions = { target: 'es2023', ...options, skipLibCheck: false };
      const { code, stdout } = await project.typeCheck(compilerOptions, ['first-steps.ts', 'custom-producer.ts']);
      expect([stdout, code]).to.deep.equal(['', 0]);
    });

  it('an idle producer does not hold the process open', async () => {
    const { code, stdout } = await project.node('exit.mjs', { args: ['idle'], killAfterMs: 25_000 }); // a worker may hold it for 30 s
    expect([code, stdout]).to.deep.equal([0, 'delivered 0, pending 0\n']);
  });

  it('an unsettled message does, until it has settled', async () => {
    const { code, stdout, seconds } = await project.node('exit.mjs', { args: ['settles'] });
    expect([code, stdout]).to.deep.equal([0, 'delivered 1, pending 0\n']);
    expect(seconds).to.be.above(0.6);
  });

  it('an unsettled message does, for as long as nobody is there to take it', async () => {
    const { code } = await project.node('exit.mjs', { args: ['unreachable'], killAfterMs: 4000 });
    expect(code).to.equal(null);
  });
});

if (PackedProject.hasPlatformPackage)
  describe('the packed package, installed together with the platform package and without any script', function () {
    this.timeout(300_000);
    let project: PackedProject;
    before(async () => {
      project = await PackedProject.createWithPlatformPackage();
      await project.copy('examples/readme/producers.yaml', 'examples/readme/first-steps.mjs');
    });
    after(() => project?.remove());

    it('delivers the messages of the first example of the README', async () => {
      const { code, stdout } = await project.node('first-steps.mjs');
      expect(stdout).to.match(/^acknowledged: orders, partition [0-3], offset 0\n/);
      expect([code, stdout]).to.deep.equal([0, stdout]);
    });

    it('runs on the library of its own folder, which has zstd and TLS', async () => {
      const { stdout } = await project.node('node_modules/outspool/bin/produce', { args: ['version', '--json'] });
      const { librdkafka, kinds } = JSON.parse(stdout);
      expect(librdkafka.source).to.equal('platform package');
      expect(librdkafka.path).to.contain(join(project.folder, 'node_modules/@outspool/'));
      expect(librdkafka.features).to.include.members([
        'gzip',
        'snappy',
        'lz4',
        'zstd',
        'ssl',
        'sasl_scram',
        'sasl_oauthbearer',
      ]);
      expect(kinds).to.deep.include({ kind: 'kafka', usable: true, why: null });
      const missing = "type: http needs the package 'undici': npm install undici";
      expect(kinds).to.deep.include({ kind: 'http', usable: false, why: missing });
    });
  });
