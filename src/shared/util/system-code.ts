/** The names of the system's errors. */

import { constants } from 'node:os';

/** What libuv makes of an error that it has no name for, such as EDQUOT and ESTALE. */
const UNNAMED = /^Unknown system error -(\d+)$/;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/** The `code` of whatever was thrown, if it has one: the system's name also where Node gives only a number. */
export function systemCode(thrown: unknown): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { code } = thrown as { code?: unknown };
  const [, number] = UNNAMED.exec(String(code)) ?? [];
  return NAMES.get(Number(number)) ?? code;
}
