/**
 * Copies the page of the operations endpoint into `dist`, as it is, because the compiler leaves it alone. What has gone there is
 * removed. What is up to date is not written again, and a file is replaced as a whole, so that processes which serve the page and other
 * runs of this script lose nothing.
 */

import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

const PAGE = 'operations/page';
const ROOT = path.resolve(import.meta.dirname, '..');
const from = path.join(ROOT, 'src', PAGE);
const to = path.join(ROOT, 'dist', PAGE);

mkdirSync(to, { recursive: true });
const names = new Set(readdirSync(from));
for (const name of names) if (!isCopied(name)) copy(name);
for (const name of readdirSync(to))
  if (!names.has(name) && !isFresh(name)) rmSync(path.join(to, name), { force: true });

function isCopied(name) {
  try {
    return readFileSync(path.join(to, name)).equals(readFileSync(path.join(from, name)));
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

function copy(name) {
  const fresh = path.join(to, `.${process.pid}.${name}`);
  copyFileSync(path.join(from, name), fresh);
  renameSync(fresh, path.join(to, name));
}

/** Whether the file is one that another run of this script is about to rename. */
function isFresh(name) {
  return name.startsWith('.');
}
