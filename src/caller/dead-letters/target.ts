/** Chooses the dead-letter target of a producer, from its configuration or from the application's code. */

import { dirname } from 'node:path';
import type { BaseConfig } from '../../config/schema/base.ts';
import { ConfigError } from '../../shared/errors.ts';
import { folderRisk } from '../../shared/files/own-files.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { DeadLetterTarget } from './dead-letter.ts';
import { deadLetterFile } from './letter-file.ts';

/** Returns undefined for no target. @throws ConfigError if both name one, or neither does where one is required */
export function targetOf(
  config: BaseConfig,
  given: DeadLetterTarget | undefined,
  logger: Logger,
): DeadLetterTarget | undefined {
  const target = chosen(config, given);
  warnOfFolder(config, logger);
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

/** Logs only a warning, because a folder for logs often belongs to another user. Links that others make there are not followed. */
function warnOfFolder({ name, dead_letter: setting }: BaseConfig, logger: Logger): void {
  const folder = setting?.file === undefined ? undefined : dirname(setting.file);
  const risk = folder === undefined ? undefined : folderRisk(folder);
  if (risk !== undefined) logger.warn({ producer: name }, `the folder of dead letters ${folder} ${risk}`);
}

const wrong = (path: string, message: string) => new ConfigError([{ path, message }]);
