/** Writing the files of a replay: what the system refuses is said with the file and with what to do. */

import { asError, OutspoolError } from '../../shared/errors.ts';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'make room, and run the replay again',
  EDQUOT: 'make room, and run the replay again',
  EROFS: 'copy the files to where they can be changed, and replay them there',
  EACCES: 'run the replay as the owner of the file and its folder',
  EPERM: 'run the replay as the owner of the file and its folder',
};

/** A replay removes nothing before what replaces it is on disk. @throws OutspoolError */
export async function writing<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (thrown) {
    const { code, message } = asError(thrown) as NodeJS.ErrnoException;
    if (code === undefined || thrown instanceof OutspoolError) throw thrown;
    const [what] = message.split(',', 1);
    const advice = ADVICE[code] ?? 'run the replay again when that is mended';
    throw new OutspoolError(`${path} cannot be written: ${what}; no letter is lost: ${advice}`, { cause: thrown });
  }
}
