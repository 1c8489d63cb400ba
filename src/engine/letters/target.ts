/** What takes the dead letters of a producer: what its configuration says, or what code brings along. */

import type { BaseConfig } from '../../config/base.ts';
import { ConfigError } from '../../errors.ts';
import type { DeadLetterTarget } from '../dead-letter.ts';
import { deadLetterFile } from './letter-file.ts';

/** Undefined where nothing does. @throws ConfigError when both do, or neither where one must */
export function targetOf(config: BaseConfig, given: DeadLetterTarget | undefined): DeadLetterTarget | undefined {
  const target = chosen(config, given);
  if (target === undefined && config.on_shutdown === 'dead_letter')
    throw wrong('on_shutdown', "needs 'dead_letter', or options.deadLetter");
  return target;
}

function chosen({ dead_letter: setting }: BaseConfig, given: DeadLetterTarget | undefined) {
  if (setting?.file !== undefined) {
    if (given !== undefined) throw wrong('dead_letter', 'expected either this or options.deadLetter, got both');
    const { file, max_bytes: maxBytes, max_files: maxFiles } = setting;
    return deadLetterFile(file, { ...(maxBytes !== undefined && { maxBytes }), ...(maxFiles && { maxFiles }) });
  }
  if (setting?.producer !== undefined && given === undefined)
    throw wrong('dead_letter.producer', 'only a runtime knows other producers: use it, or pass options.deadLetter');
  return given;
}

const wrong = (path: string, message: string) => new ConfigError([{ path, message }]);
