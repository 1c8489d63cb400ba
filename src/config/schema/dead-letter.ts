/** The settings of the target for messages that cannot be delivered, and the rules between them. */

import { z } from 'zod';
import { filePath } from './file-path.ts';
import { goesWith, type Rule, withRules } from './rules.ts';
import { size } from './size.ts';

const DeadLetterFields = z.strictObject({
  producer: z.string().min(1).optional().describe('Another producer of this file, which takes the dead letters.'),
  topic: z
    .string()
    .min(1)
    .optional()
    .describe("The topic that they go to there. Default: that producer's own, whatever the message's was."),
  file: filePath('append')
    .optional()
    .describe('A file that takes the dead letters, a JSON object on each line: a path. It is made when it is needed.'),
  max_bytes: size('64KiB')
    .optional()
    .describe('How large the file may grow before the next one is begun: bytes, or a size. Default: 100MB.'),
  max_files: z
    .number()
    .multipleOf(1)
    .min(1)
    .optional()
    .describe('How many such files there may be; when all are full, the producer waits. Default: 5.'),
});

type Fields = z.infer<typeof DeadLetterFields>;

const TARGET_RULES: readonly Rule<Fields>[] = [
  {
    path: 'file',
    error: "expected one target: either 'producer' or 'file'",
    kept: ({ file, producer }) => file === undefined || producer === undefined,
  },
  {
    error: "expected a target: 'producer' or 'file'",
    kept: ({ file, producer }) => file !== undefined || producer !== undefined,
  },
  goesWith('topic', 'producer'),
  goesWith('max_bytes', 'file'),
  goesWith('max_files', 'file'),
];

/** The target of messages that cannot be delivered. */
export const DeadLetterConfig = withRules(DeadLetterFields, TARGET_RULES);

export type DeadLetterConfig = z.infer<typeof DeadLetterConfig>;
