/** The command line: commands, flags and help. */

import { Argument, Command, Option } from 'commander';
import { OUTSPOOL_VERSION } from '../shared/version.ts';
import { type CheckCommandOptions, check, NOTHING_CHECKED } from './check/check.ts';
import { completion, SHELLS } from './completion/completion.ts';
import { addDeadLetters } from './dead-letters/program.ts';
import { messageCount, milliseconds, notEmpty } from './flags.ts';
import { addHelp } from './help/help.ts';
import { DEFAULT_KIND, INIT_KINDS, type InitOptions, init } from './init/init.ts';
import { NO_PRODUCERS, withJson } from './json-failure.ts';
import { operationsOption } from './operations.ts';
import { type PipeOptions, pipe } from './pipe/pipe.ts';
import { NOTHING_PIPED } from './pipe/report.ts';
import { printSchema } from './schema.ts';
import { type SendOptions, send } from './send/send.ts';
import {
  CHECK_TIMEOUT,
  type Context,
  DEFAULT_CONFIGS,
  END_TIMEOUT,
  progressOption,
  withShared,
} from './shared-flags.ts';
import { type SmokeOptions, smoke } from './smoke/smoke.ts';
import { addSpool } from './spool/program.ts';
import { DEFAULT_ADDRESS, TOKEN_VARIABLE } from './top/address.ts';
import { NO_PROCESSES, type TopOptions, top } from './top/top.ts';
import { NOTHING_VALIDATED, type ValidateOptions, validate } from './validate.ts';
import { NO_VERSIONS, type VersionOptions, version } from './version.ts';

/** Builds the command line. Help and errors come out of `parseAsync` as commander's own errors. */
export function createProgram(context: Context): Command {
  const program = new Command('produce')
    .description('Sends messages through producers that are configured in YAML.')
    .version(OUTSPOOL_VERSION)
    .showHelpAfterError(false)
    .exitOverride();
  addSmoke(program, context);
  addSend(program, context);
  addPipe(program, context);
  addCheck(program, context);
  addDeadLetters(program, context);
  addSpool(program, context);
  addTop(program, context);
  addValidate(program, context);
  addInit(program, context);
  addSchema(program, context);
  addCompletion(program, context);
  addVersion(program, context);
  addHelp(program);
  return program;
}

function addSmoke(program: Command, { signal, finished }: Context): void {
  withShared(program.command('smoke'), { nothing: NO_PRODUCERS })
    .description('send messages through every producer, read them back from Kafka, compare byte for byte')
    .addOption(new Option('-n, --messages <count>', 'messages for each producer').argParser(messageCount).default(100))
    .addOption(new Option('-t, --topic <topic>', 'write to this topic only').argParser(notEmpty))
    .option('-y, --yes', 'also write where real messages may be: to other machines, to files that have lines')
    .option('--tombstones', 'send tombstones there, too; they delete what has their key')
    .addOption(progressOption())
    .action(async ({ timeout: timeoutMs, ...flags }: Omit<SmokeOptions, 'signal'> & { timeout: number }) =>
      finished(await smoke({ ...flags, timeoutMs, signal })),
    );
}

function addSend(program: Command, { signal, finished }: Context): void {
  withShared(program.command('send'), { nothing: NO_PRODUCERS })
    .description('send one message, or one for every line of a file or of the standard input')
    .option('-p, --producer <name>', 'the producer (default: the only one of the file)')
    .addOption(new Option('-t, --topic <topic>', 'the topic (default: the one of the producer)').argParser(notEmpty))
    .addOption(new Option('-k, --key <key>', 'the key of every message').conflicts('keyField'))
    .addOption(
      new Option('--key-field <field>', 'take the key from this field of each JSON object').argParser(notEmpty),
    )
    .addOption(new Option('--value <json>', 'one message').conflicts('file'))
    .addOption(
      new Option(
        '--file <file>',
        'read one JSON value a line from this file; - is the standard input (default: standard input)',
      ),
    )
    .addOption(progressOption())
    .action(async ({ timeout: timeoutMs, ...flags }: Omit<SendOptions, 'signal'> & { timeout: number }) =>
      finished(await send({ ...flags, timeoutMs, signal })),
    );
}

function addPipe(program: Command, { signal, finished, grace }: Context): void {
  withShared(program.command('pipe'), { timeout: END_TIMEOUT, nothing: NOTHING_PIPED })
    .description('run a pipeline: take messages from sources, and deliver them by the routes')
    .addOption(progressOption())
    .addOption(operationsOption())
    .action(async ({ timeout: timeoutMs, ...flags }: Omit<PipeOptions, 'signal'> & { timeout: number }) => {
      grace(timeoutMs);
      finished(await pipe({ ...flags, timeoutMs, signal }));
    });
}

function addCheck(program: Command, { signal, finished }: Context): void {
  type Flags = Omit<CheckCommandOptions, 'signal' | 'names' | 'timeoutMs'> & { timeout: number };
  withShared(program.command('check'), { timeout: CHECK_TIMEOUT, nothing: NOTHING_CHECKED })
    .description('find out whether brokers can be reached and topics written to, and if not, which setting is at fault')
    .argument('[names...]', 'the producers to check (default: all)')
    .addOption(new Option('-t, --topic <topic>', 'the topic (default: the one of the producer)').argParser(notEmpty))
    .option('--send', 'send a message to the topic, marked as a check, and wait for its acknowledgement')
    .action(async (names: string[], { timeout: timeoutMs, ...flags }: Flags) =>
      finished(await check({ ...flags, names, timeoutMs, signal })),
    );
}

function addTop(program: Command, { signal, finished }: Context): void {
  withJson(program.command('top'), NO_PROCESSES)
    .description('show what running processes deliver, through their operations endpoints')
    .argument('[urls...]', `addresses of operations endpoints (default: ${DEFAULT_ADDRESS})`)
    .addOption(
      new Option('--interval <duration>', 'time between two samples').argParser(milliseconds).default(1000, '1s'),
    )
    .addOption(new Option('--token <token>', 'the token of the endpoints').env(TOKEN_VARIABLE).argParser(notEmpty))
    .option('--once', 'print the table once, with the rates of one interval; the default where stdout is no terminal')
    .action(async (urls: string[], flags: Omit<TopOptions, 'urls' | 'signal'>) =>
      finished(await top({ ...flags, urls, signal })),
    );
}

function addValidate(program: Command, { signal, finished }: Context): void {
  withJson(program.command('validate'), NOTHING_VALIDATED)
    .description('check a configuration without connecting to anything')
    .argument('[file]', `the YAML file with the producers; - is the standard input (default: ${DEFAULT_CONFIGS})`)
    .option('-c, --config <file>', 'the same, as the other commands have it')
    .option('--strict', 'a warning is an error: exit code 2')
    .action(async (file: string | undefined, flags: Omit<ValidateOptions, 'file' | 'signal'>) =>
      finished(await validate({ ...flags, file, signal })),
    );
}

function addInit(program: Command, { finished }: Context): void {
  program
    .command('init')
    .description('write a commented configuration with a producer of each kind that is named')
    .addArgument(new Argument('[kinds...]', `the kinds (default: ${DEFAULT_KIND})`).choices(INIT_KINDS))
    .addOption(
      new Option(
        '-o, --output <file>',
        'write to this new file; - is the standard output (default: standard output)',
      ).argParser(notEmpty),
    )
    .action(async (kinds: string[], flags: Omit<InitOptions, 'kinds'>) => finished(await init({ ...flags, kinds })));
}

function addSchema(program: Command, { finished }: Context): void {
  program
    .command('schema')
    .description('print the JSON schema of the configuration, with which editors complete and check YAML files')
    .action(async () => finished(await printSchema()));
}

function addCompletion(program: Command, { finished }: Context): void {
  program
    .command('completion')
    .description('print a script with which a shell completes commands, flags and files')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: string) => finished(await completion(shell, program)));
}

function addVersion(program: Command, { finished }: Context): void {
  withJson(program.command('version'), NO_VERSIONS)
    .description('print the versions of what runs here, and which kinds of producers can be used')
    .action(async (flags: VersionOptions) => finished(await version(flags)));
}
