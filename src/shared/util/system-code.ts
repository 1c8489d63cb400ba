/** Finds the names of the system's errors, such as ENOSPC. */

import { constants } from 'node:os';

/** The code that libuv gives an error that it has no name for, such as EDQUOT and ESTALE. */
const UNNAMED = /^Unknown system error -(\d+)$/;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/** The `code` of a thrown value, if it has one. It is the system's name also where Node gives only a number. */
export function systemCode(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { code } = thrown as { code?: unknown };
  const [, number] = UNNAMED.exec(String(code)) ?? [];
  return NAMES.get(Number(number)) ?? code;
}
