/** The users and virtual hosts of the server, and who may do what. */

import { createHash, randomBytes } from 'node:crypto';

export interface User {
  readonly username: string;
  readonly password: string;
}

export interface Users {
  /** May do everything, in both virtual hosts. */
  readonly admin: User;
  /** May use the virtual host /, and write to nothing but the exchange `allowed`. */
  readonly restricted: User;
  /** May use no virtual host. */
  readonly outsider: User;
}

export const OTHER_VHOST = 'other/one';
export const ALLOWED = 'allowed';

export function makeUsers(): Users {
  const user = (username: string): User => ({ username, password: `${username}-${randomBytes(12).toString('hex')}` });
  return { admin: user('admin'), restricted: user('restricted'), outsider: user('outsider') };
}

export function definitions({ admin, restricted, outsider }: Users): string {
  const everything = { configure: '.*', write: '.*', read: '.*' };
  return JSON.stringify({
    users: [admin, restricted, outsider].map(({ username, password }) => ({
      name: username,
      password_hash: hash(password),
      hashing_algorithm: 'rabbit_password_hashing_sha256',
      tags: '',
    })),
    vhosts: [{ name: '/' }, { name: OTHER_VHOST }],
    permissions: [
      { user: admin.username, vhost: '/', ...everything },
      { user: admin.username, vhost: OTHER_VHOST, ...everything },
      { user: restricted.username, vhost: '/', configure: '', write: `^${ALLOWED}$`, read: '' },
    ],
  });
}

function hash(password: string): string {
  const salt = randomBytes(4);
  return Buffer.concat([salt, createHash('sha256').update(salt).update(password).digest()]).toString('base64');
}
