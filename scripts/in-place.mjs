/** Puts links and folders in the place of older ones, which another process may be using. */

import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

/** Makes `at` a link to `target`. A correct link is left alone, and another one is replaced in one step. */
export function link(target, at) {
  const to = path.relative(path.dirname(at), target);
  if (isLink(at) && readlinkSync(at) === to) return;
  mkdirSync(path.dirname(at), { recursive: true });
  const fresh = path.join(path.dirname(at), `.link-${randomUUID()}`);
  symlinkSync(to, fresh);
  try {
    renameSync(fresh, at);
  } finally {
    rmSync(fresh, { force: true });
  }
}

export const isLink = (file) => lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;

/**
 * Moves the folder `fresh` to `folder`. The older one is moved away first, so `folder` never has files of both. Where another
 * process has just put its own there, that one stays if `isComplete(folder)`.
 */
export function replaceFolder(fresh, folder, isComplete) {
  const old = `${fresh}.old`;
  try {
    moveAway(folder, old);
    renameSync(fresh, folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(error.code) || !isComplete(folder)) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

function moveAway(folder, to) {
  try {
    renameSync(folder, to);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
