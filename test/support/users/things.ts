/** What may stand at a path that a configuration names. Each thing is made by the one who runs the tests, for the user that will use it. */

import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Neither root nor the ordinary user of these tests. */
const STRANGER = 12_345;
const MODE = { readable: 0o644, writable: 0o666, secret: 0o600, untouchable: 0o000 } as const;

/** A folder of its own for each thing, and the user whose process will use it. */
export interface Place {
  readonly folder: string;
  readonly user: number;
}

export interface Thing {
  /** Makes it. Returns its path. */
  readonly make: (place: Place) => string;
  /** Whether only root can make it, because it is a device or belongs to another user. */
  readonly byRoot?: true;
}

const own = (path: string, user: number): string => {
  if (process.geteuid?.() === 0) lchownSync(path, user, user);
  return path;
};

/** The same line for every role: a line that can be followed, and no certificate, configuration or checkpoint. */
const LINE = '"before"\n';

function file({ folder, user }: Place, mode: number, name = 'file'): string {
  const path = join(folder, name);
  writeFileSync(path, LINE);
  chmodSync(path, mode);
  return own(path, user);
}

function pipe({ folder, user }: Place): string {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', ['-m', '600', path]);
  return own(path, user);
}

const LISTEN = "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";

/** Its listener is gone, as after a crash. */
function socket({ folder, user }: Place): string {
  const path = join(folder, 'socket');
  try {
    execFileSync(process.execPath, ['-e', LISTEN, path], { stdio: 'ignore' });
  } catch {
    // by the signal
  }
  return own(path, user);
}

/** By its number, in a folder of its own. Root could rename those in `/dev`, which the whole machine needs. */
function device({ folder, user }: Place, minor: number): string {
  const path = join(folder, 'device');
  execFileSync('mknod', ['-m', '666', path, 'c', '1', String(minor)]);
  return own(path, user);
}

function folder({ folder: above, user }: Place, mode: number, name = 'inner'): string {
  const path = join(above, name);
  mkdirSync(path);
  own(path, user);
  chmodSync(path, mode);
  return path;
}

/** Made by `by`. */
function link({ folder: above }: Place, target: string, by: number): string {
  const path = join(above, 'link');
  symlinkSync(target, path);
  return own(path, by);
}

const of = (place: Place, user: number): Place => ({ ...place, user });
const linked = (make: (place: Place) => string) => (place: Place) => link(place, make(place), place.user);

export const THINGS: Readonly<Record<string, Thing>> = {
  nothing: { make: ({ folder: above }) => join(above, 'nothing') },
  'a file': { make: (place) => file(place, MODE.secret) },
  'a file without permissions': { make: (place) => file(place, MODE.untouchable) },
  'a file of another user, readable': { make: (place) => file(of(place, STRANGER), MODE.readable), byRoot: true },
  'a file of another user, writable': { make: (place) => file(of(place, STRANGER), MODE.writable), byRoot: true },
  'a file of another user, secret': { make: (place) => file(of(place, STRANGER), MODE.secret), byRoot: true },
  'nothing in a folder without write permission': { make: (place) => join(folder(place, 0o555), 'nothing') },
  'nothing in a secret folder of another user': {
    make: (place) => join(folder(of(place, STRANGER), 0o700), 'nothing'),
    byRoot: true,
  },
  'nothing in a sticky folder of another user': {
    make: (place) => join(folder(of(place, STRANGER), 0o1777), 'nothing'),
    byRoot: true,
  },
  'a file of another user, writable, in a sticky folder': {
    make: (place) => {
      const path = folder(of(place, STRANGER), 0o1777);
      return file({ folder: path, user: STRANGER + 1 }, MODE.writable);
    },
    byRoot: true,
  },
  'a folder': { make: (place) => folder(place, 0o700) },
  'a folder without write permission': { make: (place) => folder(place, 0o555) },
  'a folder of another user': { make: (place) => folder(of(place, STRANGER), 0o755), byRoot: true },
  'a sticky folder of another user': { make: (place) => folder(of(place, STRANGER), 0o1777), byRoot: true },
  'a pipe': { make: pipe },
  'a socket': { make: socket },
  'a null device': { make: (place) => device(place, 3), byRoot: true },
  'a zero device': { make: (place) => device(place, 5), byRoot: true },
  'a full device': { make: (place) => device(place, 7), byRoot: true },
  'a link to a file': { make: linked((place) => file(place, MODE.secret)) },
  'a link to nothing': { make: linked(({ folder: above }) => join(above, 'nothing')) },
  'a link to a file without permissions': { make: linked((place) => file(place, MODE.untouchable)) },
  'a link to a file of another user, readable': {
    make: linked((place) => file(of(place, STRANGER), MODE.readable)),
    byRoot: true,
  },
  'a link to a folder': { make: linked((place) => folder(place, 0o700)) },
  'a link to a pipe': { make: linked(pipe) },
  'a link to a socket': { make: linked(socket) },
  'a link to a null device': { make: linked((place) => device(place, 3)), byRoot: true },
  'a link to a zero device': { make: linked((place) => device(place, 5)), byRoot: true },
  'a link to itself': { make: (place) => link(place, 'link', place.user) },
  'a link that another user has made': {
    make: (place) => link(place, file(place, MODE.secret), STRANGER),
    byRoot: true,
  },
  'a link to a folder that another user has made': {
    make: (place) => link(place, folder(place, 0o700), STRANGER),
    byRoot: true,
  },
  'a link that root has made': { make: (place) => link(place, file(place, MODE.secret), 0), byRoot: true },
};

/** A folder that the user owns. */
export function placeFor(name: string, base: string, user: number): Place {
  const path = join(base, name.replaceAll(/\W+/g, '-'));
  mkdirSync(path);
  if (process.geteuid?.() === 0) chownSync(path, user, user);
  return { folder: path, user };
}
