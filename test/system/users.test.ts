/** Files that a configuration names, as root and as an ordinary user. Where the tests do not run as root, the ordinary user is theirs. */

import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS } from '../support/until.ts';
import { EXPECTED } from '../support/users/expected.ts';
import { ROLES } from '../support/users/roles.ts';
import { placeFor, THINGS } from '../support/users/things.ts';

const ROOT = 0;
const NOBODY = 65_534;
const SELF = process.geteuid?.() ?? NOBODY;
const isRoot = SELF === ROOT;
const ORDINARY = isRoot ? NOBODY : SELF;

const cellsScript = fileURLToPath(new URL('../support/users/cells.js', import.meta.url));
const build = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const mocha = fileURLToPath(new URL('../../../node_modules/mocha/bin/mocha.js', import.meta.url));

/** An ordinary one, none, and those that take from the owner the right to write or to read. */
const UMASKS = [0o022, 0, 0o277, 0o777];

type Cells = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Linux may refuse to open a file that another user has put into a sticky folder, also to root (`fs.protected_regular`). */
const isProtected = (): boolean => {
  try {
    return readFileSync('/proc/sys/fs/protected_regular', 'utf8').trim() !== '0';
  } catch {
    return false;
  }
};
const PROTECTED = /^a file of another user, writable, in a sticky folder$/;
const OPENED_TO_WRITE = ['file producer', 'dead letters', 'file after a replay'];

const expectedOf = (role: string, user: number): Record<string, string> =>
  Object.fromEntries(
    (EXPECTED[role] as string)
      .trim()
      .split('\n')
      .map((row) => {
        const [thing = '', asRoot = '', asUser = asRoot] = row.split(' | ');
        const isRefused = PROTECTED.test(thing) && OPENED_TO_WRITE.includes(role) && isProtected();
        return [thing, isRefused ? 'fails: EACCES' : user === ROOT ? asRoot : asUser];
      }),
  );

describe('files that a configuration names', function () {
  this.timeout(4 * HANG_MS);
  const directory = temporaryDirectories();

  /** A folder that the user owns, and may reach. */
  function ownFolder(user: number): string {
    const path = directory();
    chmodSync(path, 0o755);
    if (isRoot) chownSync(path, user, user);
    return path;
  }

  const names = Object.keys(THINGS).filter((name) => isRoot || THINGS[name]?.byRoot !== true);

  function cellsOf(user: number, umask: number): Cells {
    const base = ownFolder(user);
    const paths = names.map((name) => {
      const roles = Object.keys(ROLES).map((role) => [
        role,
        THINGS[name]?.make(placeFor(`${name} ${role}`, base, user)),
      ]);
      return [name, Object.fromEntries(roles)];
    });
    const args = [cellsScript, String(user), String(umask), JSON.stringify(Object.fromEntries(paths))];
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 3 * HANG_MS }));
  }

  for (const [name, user] of isRoot
    ? ([
        ['root', ROOT],
        ['an ordinary user', ORDINARY],
      ] as const)
    : ([['an ordinary user', ORDINARY]] as const))
    for (const umask of UMASKS)
      it(`are used as it is written down, or refused with the reason: ${name}, umask ${umask.toString(8)}, ${names.length} things × ${Object.keys(ROLES).length} roles`, () => {
        const cells = cellsOf(user, umask);
        for (const role of Object.keys(ROLES)) {
          const found = Object.fromEntries(names.map((thing) => [thing, cells[thing]?.[role]]));
          const expected = expectedOf(role, user);
          expect(found, role).to.deep.equal(Object.fromEntries(names.map((thing) => [thing, expected[thing]])));
        }
      });

  if (isRoot)
    it('have the tests of links, modes, pipes and rotation pass as an ordinary user, too', () => {
      const files = TESTS.map((test) => build(`test/unit/${test}.test.js`));
      const env = { ...process.env, TMPDIR: ownFolder(ORDINARY) };
      const args = [mocha, '--no-config', '--exit', '--timeout', String(HANG_MS), ...files];
      const options = { uid: ORDINARY, gid: ORDINARY, env, encoding: 'utf8', timeout: 3 * HANG_MS } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
      expect(status, `${stdout.slice(-5000)}${stderr}`).to.equal(0);
      expect(Number(/(\d+) passing/.exec(stdout)?.[1])).to.be.above(150);
    });
});

const TESTS = [
  ...[
    'shared/files/own-files',
    'shared/files/bounded-reads',
    'shared/files/pipe-reads',
    'shared/files/whole-reads',
    'pipe/file/links',
    'kinds/file/append-file',
  ],
  ...['caller/dead-letters/letter-device', 'cli/dead-letters/replay-files', 'config/shared-spools', 'spool/no-locks'],
  ...['kinds/stdout/half-lines', 'kinds/foreign-class'],
];
