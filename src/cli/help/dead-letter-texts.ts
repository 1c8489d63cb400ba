/** The help of `produce dead-letters` and its commands. */

import type { HelpText } from './help-text.ts';

export const DEAD_LETTER_TEXTS: Readonly<Record<string, HelpText>> = {
  'dead-letters': {
    note: "FILE is the file that 'dead_letter: { file: … }' names; the files that were moved away from it when they were full belong to it.",
    examples: [
      ['produce dead-letters ls', 'the files that the configuration names'],
      ['produce dead-letters show letters.ndjson 3 --json | jq .message'],
      ['produce dead-letters replay letters.ndjson -c producers.yaml'],
    ],
  },
  'dead-letters ls': {
    examples: [
      ['produce dead-letters ls', 'the files that the configuration names'],
      ['produce dead-letters ls letters.ndjson --limit 10'],
      ["produce dead-letters ls --json | jq '.letters[].reason'"],
    ],
  },
  'dead-letters show': {
    examples: [
      ['produce dead-letters show letters.ndjson 3'],
      ['produce dead-letters show letters.ndjson 3 --json | jq .message'],
    ],
  },
  'dead-letters replay': {
    note: `Every letter goes through the producer that it names, in order, and is removed when it has been acknowledged. What fails again
stays, with its new attempts, and so do lines that are no letters. The command may be interrupted, or killed, and run again:
nothing is left out, and only what was on its way may be sent twice. Producers may go on writing to the file meanwhile.
What is left lies next to FILE afterwards, in FILE.<time>-<chance>, and FILE is empty. Both are read when the command is run with
FILE again.`,
    examples: [
      ['produce dead-letters replay letters.ndjson --dry-run'],
      ['produce dead-letters replay letters.ndjson -c producers.yaml --limit 10'],
      ['produce dead-letters replay letters.ndjson -p orders-v2'],
    ],
    exitCodes:
      '0 all delivered (or as many as --limit says), 1 something is left, 2 bad usage, configuration or file, 3 no connection.',
  },
};
