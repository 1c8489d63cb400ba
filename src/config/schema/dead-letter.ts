/** The settings of the target for messages that cannot be delivered, and the rules between them. */

import { z } from 'zod';
import { filePath } from './file-path.ts';
import { size } from './size.ts';

/** A rule between the settings of a dead-letter target. It is checked even where another field has the wrong type. */
interface Rule {
  readonly path: string;
  readonly error: string;
  kept(target: Readonly<Record<string, unknown>>): boolean;
}

const goesWith = (path: string, other: string): Rule => ({
  path,
  error: `needs '${other}' as well`,
  kept: (target) => target[path] === undefined || target[other] !== undefined,
});

const TARGET_RULES: readonly Rule[] = [
  {
    path: 'file',
    error: "expected one target: either 'producer' or 'file'",
    kept: ({ file, producer }) => file === undefined || producer === undefined,
  },
  {
    path: '',
    error: "expected a target: 'producer' or 'file'",
    kept: ({ file, producer }) => file !== undefined || producer !== undefined,
  },
  goesWith('topic', 'producer'),
  goesWith('max_bytes', 'file'),
  goesWith('max_files', 'file'),
];

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

/** The target of messages that cannot be delivered. */
export const DeadLetterConfig = TARGET_RULES.reduce(
  (schema, { path, error, kept }) =>
    schema.refine((target: unknown) => typeof target !== 'object' || target === null || kept({ ...target }), {
      path: path === '' ? [] : [path],
      error,
      when: () => true,
    }),
  DeadLetterFields,
);

export type DeadLetterConfig = z.infer<typeof DeadLetterConfig>;
