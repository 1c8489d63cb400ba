/** `produce spool`: its commands, flags and help. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { notEmpty } from '../flags.ts';
import { NO_PRODUCERS, withJson } from '../json-failure.ts';
import { type Context, configOption, withCommon } from '../shared-flags.ts';
import { type ExportOptions, exportSpool, NOTHING_EXPORTED } from './export.ts';
import { type ListOptions, list, NO_SPOOLS } from './listing.ts';
import { NOTHING_PEEKED, type PeekOptions, peek } from './peek.ts';
import { type ReplayOptions, replay } from './replay.ts';
import { NOTHING_VERIFIED, type VerifyOptions, verify } from './verify.ts';

const HELP = `
DIRECTORY is what 'queue: { spool: { path: … } }' names. All but replay change nothing in it, and may be run while a producer
writes to it.

Examples:
  produce spool ls                                 the spools that the configuration names
  produce spool peek spool/orders --limit 3 | jq .value
  produce spool verify spool/orders                is all of it readable, and if not, what is lost
  produce spool replay -c producers.yaml orders    deliver what is in it, without the service

Exit codes: 0 all well, 1 something is lost, left or not to be expressed, 2 bad usage, configuration or directory, 3 no connection.`;

const EXPORT_HELP = `
The lines are the values, as 'produce send' reads them. What a message has beside its value is counted on stderr, and so are values
that are not one line of JSON; then the exit code is 1.

Examples:
  produce spool export spool/orders > orders.ndjson
  produce spool export spool/orders --key-field customer | produce send -p orders --key-field customer`;

const REPLAY_HELP = `
All of a spool is read first, and what is damaged is said as 'verify' says it. What the producers deliver is gone from their spools; what
they cannot deliver within the timeout stays there. Dead letters go where the configuration says. A producer that runs elsewhere is not
disturbed: it delivers what is in its spool itself.

Exit codes: 0 all delivered, 1 something is left, dead-lettered, dropped or lost, 2 bad usage or configuration, 3 no connection.`;

const EXPORT_JSON = 'put one JSON object on the last line of stdout; needs --output';

const PEEKED = 10;

export function addSpool(program: Command, context: Context): void {
  const group = program
    .command('spool')
    .description('look into spools, check them, and deliver what is in them')
    .addHelpText('after', HELP);
  addList(group, context);
  addPeek(group, context);
  addVerify(group, context);
  addReplay(group, context);
  addExport(group, context);
}

const wholeFrom = (least: number) => (text: string) => {
  if (/^(?:0|[1-9]\d{0,14})$/.test(text) && Number(text) >= least) return Number(text);
  throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
};

function addList(group: Command, { signal, finished }: Context): void {
  withJson(group.command('ls'), NO_SPOOLS)
    .description('list spools: what is pending in them, and who has them')
    .argument('[directories...]', 'spools (default: those that the configuration names)')
    .addOption(configOption())
    .action(async (directories: string[], flags: Omit<ListOptions, 'directories' | 'signal'>) =>
      finished(await list({ ...flags, directories, signal })),
    );
}

function addPeek(group: Command, { finished }: Context): void {
  withJson(group.command('peek'), NOTHING_PEEKED)
    .description('show pending messages, oldest first, as JSON lines; bytes that are not UTF-8 as base64')
    .argument('<directory>', 'a spool')
    .addOption(new Option('-n, --limit <count>', 'show so many').argParser(wholeFrom(1)).default(PEEKED))
    .addOption(
      new Option('--from <number>', 'begin with this message').argParser(wholeFrom(0)).default(0, 'the oldest'),
    )
    .action(async (directory: string, flags: Omit<PeekOptions, 'directory'>) =>
      finished(await peek({ ...flags, directory })),
    );
}

function addVerify(group: Command, { finished }: Context): void {
  withJson(group.command('verify'), NOTHING_VERIFIED)
    .description('read all of a spool, check every CRC, and say exactly what is damaged and which messages are lost')
    .argument('<directory>', 'a spool')
    .action(async (directory: string, flags: Omit<VerifyOptions, 'directory'>) =>
      finished(await verify({ ...flags, directory })),
    );
}

function addReplay(group: Command, { signal, finished }: Context): void {
  type Flags = Omit<ReplayOptions, 'signal' | 'names' | 'timeoutMs'> & { timeout: number };
  withCommon(group.command('replay'), {
    timeout: ['how long to wait for connections, and for the next settlement', 30_000, '30s'],
    nothing: NO_PRODUCERS,
  })
    .description('start producers whose spools hold messages, and deliver those')
    .argument('[names...]', 'the producers (default: all that have a spool)')
    .addHelpText('after', REPLAY_HELP)
    .action(async (names: string[], { timeout: timeoutMs, ...flags }: Flags) =>
      finished(await replay({ ...flags, names, timeoutMs, signal })),
    );
}

function addExport(group: Command, { finished }: Context): void {
  withJson(group.command('export'), NOTHING_EXPORTED, EXPORT_JSON)
    .description('write pending messages, oldest first, as lines that `produce send` reads')
    .argument('<directory>', 'a spool')
    .addOption(
      new Option(
        '-o, --output <file>',
        'write to this new file; - is the standard output (default: standard output)',
      ).argParser(notEmpty),
    )
    .addOption(new Option('--key-field <field>', 'the field of every value that has its key').argParser(notEmpty))
    .addHelpText('after', EXPORT_HELP)
    .action(async (directory: string, flags: Omit<ExportOptions, 'directory'>) =>
      finished(await exportSpool({ ...flags, directory })),
    );
}
