/** Files of our own where another user has put something else: links, pipes, devices, second names, modes, folders. */

import { execFileSync } from 'node:child_process';
import fs, {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import sinon from 'sinon';
import { DeadLetterFile } from '../../../../src/caller/dead-letters/letter-file.ts';
import { AppendFile } from '../../../../src/kinds/file/append-file.ts';
import { OpenFile } from '../../../../src/kinds/file/open-file.ts';
import { FileProducerConfig } from '../../../../src/kinds/file/schema.ts';
import { MemoryProducer } from '../../../../src/kinds/memory/memory-producer.ts';
import { readCheckpoint, writeCheckpoint } from '../../../../src/pipe/file/checkpoint.ts';
import { lockCheckpoint } from '../../../../src/pipe/file/lock.ts';
import { leadsToDescriptor } from '../../../../src/shared/files/descriptor-path.ts';
import { replace, writeDurably } from '../../../../src/shared/files/durable.ts';
import { rotate } from '../../../../src/shared/files/file-rotation.ts';
import {
  folderRisk,
  openLock,
  openLockNow,
  openOwn,
  openOwnNow,
  ownTarget,
} from '../../../../src/shared/files/own-files.ts';
import { systemClock } from '../../../../src/shared/util/clock.ts';
import { lockSpool } from '../../../../src/spool/lock.ts';
import { FollowedFile } from '../../../support/followed-file.ts';
import { LogLines } from '../../../support/log-lines.ts';
import { quiet } from '../../../support/quiet.ts';
import { temporaryDirectories } from '../../../support/temporary.ts';

const isRoot = process.geteuid?.() === 0;
const OTHER_USER = 12_345;
const SECRET = 'of another program\n';

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work();
    return 'done';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
};

describe('files of our own', () => {
  const directory = temporaryDirectories();
  let folder: string;
  let path: string;
  let victim: string;

  beforeEach(() => {
    folder = directory();
    path = join(folder, 'ours');
    victim = join(folder, 'victim');
    writeFileSync(victim, SECRET, { mode: 0o644 });
  });

  const untouched = () => {
    expect(readFileSync(victim, 'utf8')).to.equal(SECRET);
    expect(statSync(victim).mode & 0o777).to.equal(0o644);
  };

  const WAYS: Readonly<Record<string, () => Promise<void>>> = {
    openOwn: async () => (await openOwn(path, constants.O_RDWR | constants.O_CREAT)).close(),
    openOwnNow: async () => closeSync(openOwnNow(path, constants.O_RDWR | constants.O_CREAT)),
    openLock: async () => (await openLock(path)).close(),
    openLockNow: async () => closeSync(openLockNow(path)),
  };

  const THERE: Readonly<Record<string, { readonly make: () => void; readonly code: string }>> = {
    nothing: { make: () => {}, code: 'done' },
    'a file': { make: () => writeFileSync(path, ''), code: 'done' },
    'a link to a file': { make: () => symlinkSync(victim, path), code: 'ELOOP' },
    'a link to nothing': { make: () => symlinkSync(join(folder, 'new'), path), code: 'ELOOP' },
    'a link to a device': { make: () => symlinkSync('/dev/zero', path), code: 'ELOOP' },
    'a pipe': { make: () => execFileSync('mkfifo', [path]), code: 'ELOOP' },
    'a folder': { make: () => mkdirSync(path), code: 'EISDIR' },
  };

  for (const [way, open] of Object.entries(WAYS)) {
    for (const [name, { make, code }] of Object.entries(THERE))
      it(`${way}: ${name} is ${code === 'done' ? 'opened' : 'refused'}`, async () => {
        make();
        expect(await codeOf(open)).to.equal(code);
        expect(existsSync(join(folder, 'new'))).to.equal(false);
        untouched();
      });

    for (const umask of [0, 0o022, 0o077, 0o277, 0o777])
      it(`${way}: a new file is for its user alone with umask ${umask.toString(8)}`, async () => {
        const before = process.umask(umask);
        try {
          await open();
        } finally {
          process.umask(before);
        }
        expect(statSync(path).mode & 0o777).to.equal(0o600);
      });
  }

  /** Each opens new files, and opens them again when it is called again. */
  const MAKERS: Readonly<Record<string, () => Promise<void>>> = {
    'a spool, with the folders above it': async () => lockSpool(join(folder, 'a', 'b', 'spool')).release(),
    'a file of the file kind': async () => {
      const lines = new AppendFile({ path, sync: 'always', sync_interval: '1s' }, new LogLines());
      await lines.append(Buffer.from('a\n'));
      await lines.close();
    },
    'a file of dead letters': () => new DeadLetterFile(path, {}).append('{}'),
    'a file that is written as a whole': async () => {
      await writeDurably(join(folder, 'next'), (file) => file.writeFile('new'));
      await replace(path, join(folder, 'next'));
    },
  };
  for (const [name, make] of Object.entries(MAKERS))
    for (const umask of [0, 0o022, 0o077, 0o277, 0o777])
      it(`can be opened again by their user alone with umask ${umask.toString(8)}: ${name}`, async () => {
        const before = process.umask(umask);
        try {
          for (let time = 0; time < 2; time++) await make();
        } finally {
          process.umask(before);
        }
        const made = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
          (one) => one.name !== 'victim',
        );
        expect(made).to.not.deep.equal([]);
        for (const one of made)
          expect(statSync(join(one.parentPath, one.name)).mode & 0o777).to.equal(one.isFile() ? 0o600 : 0o700);
      });

  it('are no devices', async () => {
    expect(await codeOf(() => openOwn('/dev/zero', constants.O_RDONLY))).to.equal('ELOOP');
    expect(await codeOf(() => openOwnNow('/dev/zero', constants.O_RDONLY))).to.equal('ELOOP');
  });

  for (const way of ['openLock', 'openLockNow']) {
    it(`${way}: a second name of a file is no lock`, async () => {
      linkSync(victim, path);
      expect(await codeOf(WAYS[way] as () => Promise<void>)).to.equal('ELOOP');
      untouched();
    });

    it(`${way}: a lock whose mode cannot be changed is used as it is`, async () => {
      writeFileSync(path, '');
      chmodSync(path, 0o666);
      const handle = await open(victim, 'r');
      const refusal = Object.assign(new Error('EPERM'), { code: 'EPERM' });
      const stubs = [
        sinon.stub(fs, 'fchmodSync').throws(refusal),
        sinon.stub(Object.getPrototypeOf(handle), 'chmod').rejects(refusal),
      ];
      try {
        expect(await codeOf(WAYS[way] as () => Promise<void>)).to.equal('done');
        expect(stubs.some(({ called }) => called)).to.equal(true);
      } finally {
        for (const stub of stubs) stub.restore();
        await handle.close();
      }
    });

    it(`${way}: a lock that others may open is closed to them`, async () => {
      writeFileSync(path, '');
      chmodSync(path, 0o666);
      await WAYS[way]?.();
      expect(statSync(path).mode & 0o777).to.equal(0o600);
    });
  }

  it('that are written as a whole take the place of a link, and leave its target', async () => {
    symlinkSync(victim, path);
    await writeDurably(path, (file) => file.writeFile('new'));
    expect(lstatSync(path).isFile()).to.equal(true);
    expect(readFileSync(path, 'utf8')).to.equal('new');
    untouched();
  });

  for (const [name, make] of Object.entries({
    'a device': () => execFileSync('mknod', ['-m', '666', path, 'c', '1', '3']),
    'a pipe': () => execFileSync('mkfifo', [path]),
  }))
    if (isRoot || name === 'a pipe')
      describe(`at the place of ${name}`, () => {
        beforeEach(make);
        afterEach(() => {
          expect(lstatSync(path).isFile()).to.equal(false);
          expect(readdirSync(folder).filter((found) => found.startsWith('ours'))).to.deep.equal(['ours']);
        });

        it('are not put: it is neither moved away nor replaced', async () => {
          expect(await rotate(path)).to.equal(undefined);
          expect(await codeOf(() => replace(path, victim))).to.equal('ELOOP');
          untouched();
        });

        if (name === 'a device')
          for (const sync of ['always', 'interval', 'never'] as const)
            it(`are not put where lines go to it (sync: ${sync})`, async () => {
              const lines = new AppendFile({ path, sync, sync_interval: '1s', max_bytes: 1 }, new LogLines());
              for (const text of ['a\n', 'b\n']) await lines.append(Buffer.from(text));
              await lines.close();
            });
      });

  describe('by a path that is a link', () => {
    it('are where all links lead, also where nothing is there yet', async () => {
      mkdirSync(join(folder, 'a'));
      symlinkSync('a/second', path);
      symlinkSync('../third', join(folder, 'a', 'second'));
      expect(await ownTarget(path)).to.equal(join(folder, 'third'));
      expect(await ownTarget(victim)).to.equal(victim);
    });

    it('are nowhere where links lead round in a circle', async () => {
      symlinkSync('ours', path);
      expect(await codeOf(() => ownTarget(path))).to.equal('ELOOP');
    });

    if (isRoot)
      it('are nowhere where another user has made it', async () => {
        symlinkSync(victim, path);
        lchownSync(path, OTHER_USER, OTHER_USER);
        expect(await codeOf(() => ownTarget(path))).to.equal('ELOOP');
        expect(await codeOf(() => new DeadLetterFile(path, {}).append('{}'))).to.equal('ELOOP');
        untouched();
      });

    it('a dead-letter file: the target grows and is rotated, the link stays', async () => {
      const target = join(directory(), 'letters');
      symlinkSync(target, path);
      const letters = new DeadLetterFile(path, { maxBytes: 10 });
      for (const text of ['{"a":1}', '{"a":2}']) await letters.append(text);
      expect(lstatSync(path).isSymbolicLink()).to.equal(true);
      expect(readFileSync(target, 'utf8')).to.equal('{"a":2}\n');
      expect(readdirSync(join(target, '..'))).to.have.length(2);
      expect(readdirSync(folder).sort()).to.deep.equal(['ours', 'victim']);
    });

    it('a file of the file kind: the target grows and is rotated, the link stays', async () => {
      const target = join(directory(), 'lines');
      symlinkSync(target, path);
      const config = FileProducerConfig.parse({ type: 'file', name: 'f', path, max_bytes: '64KiB', sync: 'always' });
      const file = new AppendFile(config, new LogLines());
      await file.open();
      for (const text of ['a', 'b']) await file.append(Buffer.from(`${text.repeat(60_000)}\n`));
      await file.close();
      expect(lstatSync(path).isSymbolicLink()).to.equal(true);
      expect(readFileSync(target, 'utf8')).to.equal(`${'b'.repeat(60_000)}\n`);
      expect(readdirSync(join(target, '..'))).to.have.length(2);
    });

    it('a checkpoint: the target is replaced, the link stays', async () => {
      const target = join(directory(), 'position');
      const followed = join(folder, 'app.log');
      symlinkSync(target, path);
      writeFileSync(followed, '1\n');
      const run = await new FollowedFile(followed, systemClock, { checkpoint: path }).start();
      await run.has('1');
      await run.end();
      expect(lstatSync(path).isSymbolicLink()).to.equal(true);
      expect((await readCheckpoint(target))?.offset).to.equal(2);
      expect(statSync(target).mode & 0o777).to.equal(0o600);
    });
  });

  describe('by the path of a descriptor', () => {
    const FOLDERS = ['/dev/fd', '/proc/self/fd', `/proc/${process.pid}/fd`, '/proc/thread-self/fd'].filter(existsSync);
    let fd: number;
    let file: string;

    beforeEach(() => {
      file = join(directory(), 'out');
      writeFileSync(file, 'before\n');
      fd = openSync(file, 'r+');
    });
    afterEach(() => closeSync(fd));

    /** A link to it, as `/dev/stdout` is one. */
    const linked = (to: string) => {
      symlinkSync(join(to, String(fd)), path);
      return path;
    };
    const wholeAndAlone = (text: string) => {
      expect(readdirSync(join(file, '..'))).to.deep.equal(['out']);
      expect(readFileSync(file, 'utf8')).to.equal(text);
    };

    for (const to of FOLDERS) {
      it(`${to}: dead letters are appended, and the file is never rotated`, async () => {
        const letters = new DeadLetterFile(linked(to), { maxBytes: 10, maxFiles: 2 });
        for (const text of ['{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}']) await letters.append(text);
        wholeAndAlone('before\n{"a":1}\n{"a":2}\n{"a":3}\n{"a":4}\n');
      });

      for (const sync of ['always', 'interval'] as const)
        it(`${to}: a file of the file kind is appended to, and never rotated (sync: ${sync})`, async () => {
          const lines = { path: linked(to), max_bytes: 10, keep_files: 1, sync, sync_interval: '1s' };
          const opened = sinon.spy(OpenFile, 'open');
          const appended = new AppendFile(lines, new LogLines());
          await appended.open();
          for (const text of ['12345678\n', '23456789\n', '34567890\n']) await appended.append(Buffer.from(text));
          await appended.close();
          opened.restore();
          expect(opened.callCount).to.equal(1);
          wholeAndAlone('before\n12345678\n23456789\n34567890\n');
        });

      it(`${to}: a configuration may name it`, () => {
        for (const one of [join(to, String(fd)), linked(to)]) {
          expect(leadsToDescriptor(one)).to.equal(true);
          new MemoryProducer({ type: 'memory', name: 'm', dead_letter: { file: one } }, { logger: quiet });
        }
        for (const one of [file, victim, join(folder, 'none', 'x')]) expect(leadsToDescriptor(one)).to.equal(false);
      });

      it(`${to}: letters follow a file that somebody has renamed`, async () => {
        const letters = new DeadLetterFile(linked(to), {});
        renameSync(file, `${file}.1`);
        await letters.append('{}');
        expect(readFileSync(`${file}.1`, 'utf8')).to.equal('before\n{}\n');
        expect(existsSync(file)).to.equal(false);
      });
    }
  });

  describe('next to a checkpoint', () => {
    const position = { dev: '1', ino: '2', offset: 3, line: 1, head: { bytes: 0, crc: 0 } };

    it('replace a link that somebody has put there', async () => {
      symlinkSync(victim, `${path}.next`);
      await writeCheckpoint(path, position);
      expect(await readCheckpoint(path)).to.deep.include(position);
      untouched();
    });

    it('are read however many rotated files they name, and told to be too large beyond 64 MiB', async () => {
      const older = Array.from({ length: 20_000 }, (_, ino) => ({ dev: '64768', ino: `${ino}`, born: '1'.repeat(19) }));
      await writeCheckpoint(path, { ...position, older });
      expect(statSync(path).size).to.be.above(2 ** 20);
      expect((await readCheckpoint(path))?.older).to.have.length(older.length);
      truncateSync(path, 64 * 2 ** 20 + 1);
      const error = await readCheckpoint(path).catch((thrown) => thrown);
      expect(error.message).to.equal(`the checkpoint ${path} is larger than 64 MiB`);
    });

    it('are no locks where they are links', async () => {
      symlinkSync(victim, `${path}.lock`);
      expect(await codeOf(() => lockCheckpoint(path))).to.equal('ELOOP');
      untouched();
    });

    it('are for this user alone, without a umask', async () => {
      const before = process.umask(0);
      try {
        const unlock = await lockCheckpoint(path);
        await writeCheckpoint(path, position);
        await unlock();
      } finally {
        process.umask(before);
      }
      for (const name of [path, `${path}.lock`]) expect(statSync(name).mode & 0o777).to.equal(0o600);
    });
  });

  describe('of a spool', () => {
    it('are no links: the lock', () => {
      symlinkSync(victim, join(folder, 'owner.lock'));
      expect(() => lockSpool(folder)).to.throw('is a link');
      untouched();
    });

    if (isRoot)
      it('are used by root in the folder of another user, as volumes are, and there is a risk', () => {
        chownSync(folder, OTHER_USER, OTHER_USER);
        expect(folderRisk(folder)).to.contain('belongs to user');
        lockSpool(folder).release();
      });

    if (isRoot)
      for (const mode of [0o777, 0o1777, 0o707])
        it(`are used by any user who may write in the folder of another one (mode ${mode.toString(8)})`, () => {
          chownSync(folder, OTHER_USER, OTHER_USER);
          chmodSync(folder, mode);
          process.seteuid?.(OTHER_USER + 1);
          try {
            lockSpool(folder).release();
          } finally {
            process.seteuid?.(0);
          }
        });
  });

  for (const [mode, isSafe] of [
    [0o700, true],
    [0o755, true],
    [0o775, true],
    [0o777, false],
    [0o1777, false],
    [0o702, false],
  ] as const)
    it(`are ${isSafe ? 'safe' : 'at risk'} in a folder of mode ${mode.toString(8)}`, () => {
      chmodSync(folder, mode);
      expect(folderRisk(folder) === undefined).to.equal(isSafe);
    });

  for (const code of ['EIO', 'ESTALE', 'ENOTCONN', 'EMFILE', 'ENOENT'])
    it(`are at no risk that is known where their folder cannot be looked at (${code})`, () => {
      const look = sinon.stub(fs, 'statSync').throws(Object.assign(new Error(code), { code }));
      try {
        expect(folderRisk(folder)).to.equal(undefined);
      } finally {
        look.restore();
      }
    });

  if (isRoot)
    it('are at risk in a folder that is a link of another user', () => {
      symlinkSync(folder, path);
      expect(folderRisk(path)).to.equal(undefined);
      lchownSync(path, OTHER_USER, OTHER_USER);
      expect(folderRisk(path)).to.contain('is a link that user');
    });

  if (isRoot)
    it('are at risk where a group of others may write', () => {
      chownSync(folder, 0, OTHER_USER);
      chmodSync(folder, 0o770);
      expect(folderRisk(folder)).to.contain('can be written to');
    });
});
