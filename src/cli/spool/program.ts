/** `produce spool`: its commands, flags and help. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { notEmpty } from '../flags.ts';
import { NO_PRODUCERS, withJson } from '../json-failure.ts';
import { type Context, configOption, progressOption, withCommon } from '../shared-flags.ts';
import { type ExportOptions, exportSpool, NOTHING_EXPORTED } from './export.ts';
import { type ListOptions, list, NO_SPOOLS } from './listing.ts';
import { NOTHING_PEEKED, type PeekOptions, peek } from './peek.ts';
import { type ReplayOptions, replay } from './replay.ts';
import { NOTHING_VERIFIED, type VerifyOptions, verify } from './verify.ts';

const EXPORT_JSON = 'put one JSON object on the last line of stdout; needs --output';

const PEEKED = 10;

export function addSpool(program: Command, context: Context): void {
  const group = program.command('spool').description('look into spools, check them, and deliver what is in them');
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
    .addOption(progressOption())
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
    .addOption(progressOption())
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
    .action(async (directory: string, flags: Omit<ExportOptions, 'directory'>) =>
      finished(await exportSpool({ ...flags, directory })),
    );
}
