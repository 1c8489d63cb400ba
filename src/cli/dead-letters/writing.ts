/** Explains errors of writing a replay's files, with the file and advice. */

import { OutspoolError } from '../../shared/errors.ts';
import { errnoText } from '../../shared/util/errno-text.ts';
import { systemCode } from '../../shared/util/system-code.ts';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'make room, and run the replay again',
  EDQUOT: 'make room, and run the replay again',
  EROFS: 'copy the files to where they can be changed, and replay them there',
  EACCES: 'run the replay as the owner of the file and its folder',
  EPERM: 'run the replay as the owner of the file and its folder',
};

/** Runs `act` and explains its errors. A replay removes nothing before its replacement is on disk. @throws OutspoolError */
export async function writing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === undefined || thrown instanceof OutspoolError) throw thrown;
    const what = errnoText(thrown);
    const advice = ADVICE[String(code)] ?? 'run the replay again when that is mended';
    throw new OutspoolError(`${path} cannot be written: ${what}; no letter is lost: ${advice}`, { cause: thrown });
  }
}
