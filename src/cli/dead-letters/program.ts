/** `produce dead-letters`: its commands, flags and help. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { withJson } from '../json-failure.ts';
import { type Context, configOption, progressOption, withCommon } from '../shared-flags.ts';
import { type ListOptions, list, NO_LETTERS, show } from './listing.ts';
import { NOTHING_REPLAYED, type ReplayOptions, replay } from './replay.ts';

const LISTED = 100;

export function addDeadLetters(program: Command, context: Context): void {
  const group = program
    .command('dead-letters')
    .description('list what could not be delivered, look at it, and send it again');
  addList(group, context);
  addShow(group, context);
  addReplay(group, context);
}

function positive(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

function addList(group: Command, { signal, finished }: Context): void {
  withJson(group.command('ls'), NO_LETTERS)
    .description('list dead letters, oldest first')
    .argument('[file]', 'a dead-letter file (default: those that the configuration names)')
    .addOption(configOption())
    .addOption(new Option('-n, --limit <count>', 'list so many of each file').argParser(positive).default(LISTED))
    .action(async (file: string | undefined, flags: Omit<ListOptions, 'file' | 'signal'>) =>
      finished(await list({ ...flags, signal, ...(file !== undefined && { file }) })),
    );
}

function addShow(group: Command, { finished }: Context): void {
  withJson(group.command('show'), {})
    .description('show one dead letter with its attempts')
    .argument('<file>', 'a dead-letter file')
    .argument('<number>', 'which, as ls counts', positive)
    .action(async (file: string, number: number, flags: { json?: boolean }) =>
      finished(await show({ file, number, ...flags })),
    );
}

function addReplay(group: Command, { signal, finished }: Context): void {
  type Flags = Omit<ReplayOptions, 'signal' | 'file' | 'timeoutMs'> & { timeout: number };
  withCommon(group.command('replay'), {
    timeout: ['how long to wait for connections, and for the next acknowledgement', 30_000, '30s'],
    nothing: NOTHING_REPLAYED,
  })
    .description('send the letters of a file again, and remove those that are acknowledged')
    .argument('<file>', 'a dead-letter file')
    .option('-p, --producer <name>', 'send all of them through this producer (default: the one that each letter names)')
    .addOption(new Option('-n, --limit <count>', 'send so many at the most').argParser(positive))
    .option('--dry-run', 'say what would be sent, and touch nothing')
    .addOption(progressOption())
    .action(async (file: string, { timeout: timeoutMs, ...flags }: Flags) =>
      finished(await replay({ ...flags, file, timeoutMs, signal })),
    );
}
