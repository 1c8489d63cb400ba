/** Loads koffi when it is first needed. It is an optional dependency, and importing outspool must work without it. */

import { createRequire } from 'node:module';
import { asError, OutspoolError } from '../errors.ts';
import { isPassing } from './passing-errors.ts';

export type Koffi = typeof import('koffi');

const require = createRequire(import.meta.url);

/** Returns the version of koffi; undefined where it does not load. */
export function koffiVersion(): string | undefined {
  try {
    return loadKoffi('the version').version;
  } catch {
    return undefined;
  }
}

/** `user` names the part that needs koffi, `instead` names a way to do without it. @throws OutspoolError where koffi does not load */
export function loadKoffi(user: string, instead = ''): Koffi {
  try {
    return require('koffi') as Koffi;
  } catch (cause) {
    if (isPassing(cause))
      throw new OutspoolError(`koffi, which ${user} needs, does not load now: ${asError(cause).message}`, { cause });
    const hint = `npm install koffi${instead}`;
    throw new OutspoolError(`${user} needs the package koffi, which does not load here: ${hint}`, { cause });
  }
}
