/** The schema of a file producer, which appends lines to a file. */

import { z } from 'zod';
import { BaseProducerConfig } from '../../config/schema/base.ts';
import { duration } from '../../config/schema/duration.ts';
import { filePath } from '../../config/schema/file-path.ts';
import { lineFormat } from '../../config/schema/line-format.ts';
import { goesWith, withRules } from '../../config/schema/rules.ts';
import { size } from '../../config/schema/size.ts';

const FileFields = BaseProducerConfig.extend({
  type: z.literal('file').describe('A file of lines.'),
  path: filePath('append').describe('The file that is appended to; it is made when it is needed. Required.'),
  format: lineFormat(),
  sync: z
    .enum(['always', 'interval', 'never'])
    .default('always')
    .describe(
      'When a message counts as delivered: when the disk has it, or when the system has it, which takes it to the disk at intervals or when it likes. Default: always.',
    ),
  sync_interval: duration('10ms', '1h')
    .default('1s')
    .describe(
      'With sync: interval, how much may be lost when the machine goes down: a duration such as 1s. Default: 1s.',
    ),
  max_bytes: size('64KiB')
    .optional()
    .describe('How large the file may grow before the next one is begun: bytes, or a size. Default: without bound.'),
  keep_files: z
    .number()
    .multipleOf(1)
    .min(1)
    .max(10_000)
    .optional()
    .describe('How many full files are kept; with one more the oldest is removed. Default: all of them.'),
});

/** Settings of a file producer. `keep_files` needs `max_bytes`, because a file without a bound never becomes full. */
export const FileProducerConfig = withRules(FileFields, [
  goesWith<z.infer<typeof FileFields>>('keep_files', 'max_bytes'),
]);

export type FileConfig = z.infer<typeof FileProducerConfig>;
