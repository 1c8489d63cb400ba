/** The command line: commands, flags and help. */

import { Argument, Command, Option } from 'commander';
import { OUTSPOOL_VERSION } from '../shared/version.ts';
import { type CheckCommandOptions, check, NOTHING_CHECKED } from './check.ts';
import { addDeadLetters } from './dead-letters/program.ts';
import { messageCount, notEmpty } from './flags.ts';
import { DEFAULT_KIND, INIT_KINDS, type InitOptions, init } from './init/init.ts';
import { NO_PRODUCERS, withJson } from './json-failure.ts';
import { type PipeOptions, pipe } from './pipe/pipe.ts';
import { NOTHING_PIPED } from './pipe/report.ts';
import { printSchema } from './schema.ts';
import { type SendOptions, send } from './send/send.ts';
import { CHECK_TIMEOUT, type Context, DEFAULT_CONFIGS, END_TIMEOUT, withShared } from './shared-flags.ts';
import { type SmokeOptions, smoke } from './smoke/smoke.ts';
import { addSpool } from './spool/program.ts';
import { NOTHING_VALIDATED, type ValidateOptions, validate } from './validate.ts';
import { NO_VERSIONS, type VersionOptions, version } from './version.ts';

const EXAMPLES = `
Examples:
  produce init -o config/producers.yaml          begin: write a configuration with comments
  produce smoke                                  try every producer; without a broker, on an embedded Kafka cluster
  produce validate config/producers.yaml         say everything that is wrong, with line and column
  produce check                                  find out whether every broker can be reached, and if not, why
  produce send -p orders -k 42 --value '{"total": 9.5}'
  produce send -p orders --key-field customer < orders.ndjson
  tail -f app.log.json | produce send -p telemetry --json
  produce pipe -c pipeline.yaml                  take messages by HTTP, from files or a pipe, and route them
  produce dead-letters ls                        what could not be delivered, and why
  produce dead-letters replay letters.ndjson     send it again, now that the cause is mended
  produce spool ls                               what waits on disk, and who has it
  produce schema > producers.schema.json         let editors complete and check the configuration
  produce version                                what runs here, and which kinds can be used

Exit codes: 0 all delivered, 1 something not delivered, 2 bad usage, configuration or input, 3 no connection, or a check that failed.
People read stderr; with --json the last line of stdout is one JSON object.`;

const SMOKE_HELP = `
Before anything is sent, a line for each producer says what is written and where. Kafka producers without 'bootstrap_servers' get an
embedded cluster. Brokers and servers that are not on this machine, files that have lines, and classes of your own are written to
with --yes only.

Examples:
  produce smoke
  produce smoke -c producers.yaml --embedded
  produce smoke -c producers.yaml --yes --topic smoke-tests

Exit codes: 0 all delivered and read back, 1 not all, 2 bad usage or configuration, or --yes is missing, 3 no connection.`;

const SEND_HELP = `
The input has one JSON value on each line, and is sent as it was written; blank lines are skipped, and null is a
tombstone. A bad line ends the command with its place; the lines before it are delivered. A bad --value, or a file whose first line
is bad, ends it before anything connects. A spool ('queue: { spool }') is left to the service that has it: what is not delivered here
is not kept.

Examples:
  produce send -p orders -k 42 --value '{"total": 9.5}'
  produce send -p orders --key-field customer --file orders.ndjson
  produce send -p orders --embedded < orders.ndjson`;

const PIPE_HELP = `
The file says under 'sources' where messages come from (stdin, a file that is followed, an HTTP listener) and under
'routes' which producers get them; one producer needs no routes. It runs until the sources have ended or a signal comes;
then it takes nothing more, delivers what it has, and says what became of every message. The outcome 'queued' of the standard
input means that the producers have taken the lines; their rows say what was delivered.

Examples:
  produce pipe -c pipeline.yaml
  produce pipe -c pipeline.yaml --embedded --verbose
  produce pipe -c pipeline.yaml --timeout 25s --json | jq '.sources[].answers'

Exit codes: 0 every accepted message was delivered, is in a spool, or was withdrawn with a word to its client; 1 others
were not delivered, or the standard input was not read to its end; 2 bad usage, configuration or input.`;

const CHECK_HELP = `
The layers: dns, tcp, tls (a look at every bootstrap server), sasl, metadata (leaders, replicas in sync, size limits of
the topic), authorisation (may the user write to the topic, and use the transactional id?), and with --send a round trip.
The first that fails is named with the line of the setting to look at and what to do. A class of your own has the layer
connect. One server that can be reached is enough; what ails the others is a warning.

Examples:
  produce check -c producers.yaml
  produce check -c producers.yaml orders --topic orders-v2 --send
  produce check --json | jq '.producers[].layers[] | select(.problem)'

Exit codes: 0 all passed, 1 interrupted, 2 bad usage or configuration, 3 a check failed.`;

const VALIDATE_HELP = `
Examples:
  produce validate config/producers.yaml
  produce validate --strict -c producers.yaml       for a deployment: a secret in a file that others can read ends it, too

Exit codes: 0 the configuration can be used, 2 it cannot, or has a warning and --strict was given.`;

const INIT_HELP = `
What it writes is valid as it is, and can be tried at once. Settings that are left out most often are comments. For 'custom' a class is
written next to the file. No file is overwritten.

Examples:
  produce init -o config/producers.yaml
  produce init kafka http --output producers.yaml
  produce init rabbitmq

Exit codes: 0 written, 2 bad usage, or the file exists.`;

const SCHEMA_HELP = `
An editor with the YAML language server uses it for a file that begins with the line
# yaml-language-server: $schema=./producers.schema.json

Examples:
  produce schema > config/producers.schema.json`;

/** Builds the command line. Help and errors come out of `parseAsync` as commander's own errors. */
export function createProgram(context: Context): Command {
  const program = new Command('produce')
    .description('Sends messages through producers that are configured in YAML.')
    .version(OUTSPOOL_VERSION)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError(false)
    .exitOverride();
  addSmoke(program, context);
  addSend(program, context);
  addPipe(program, context);
  addCheck(program, context);
  addDeadLetters(program, context);
  addSpool(program, context);
  addValidate(program, context);
  addInit(program, context);
  addSchema(program, context);
  addVersion(program, context);
  return program;
}

function addSmoke(program: Command, { signal, finished }: Context): void {
  withShared(program.command('smoke'), { nothing: NO_PRODUCERS })
    .description('send messages through every producer, read them back from Kafka, compare byte for byte')
    .addOption(new Option('-n, --messages <count>', 'messages for each producer').argParser(messageCount).default(100))
    .addOption(new Option('-t, --topic <topic>', 'write to this topic only').argParser(notEmpty))
    .option('-y, --yes', 'also write where real messages may be: to other machines, to files that have lines')
    .option('--tombstones', 'send tombstones there, too; they delete what has their key')
    .addHelpText('after', SMOKE_HELP)
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
    .addHelpText('after', SEND_HELP)
    .action(async ({ timeout: timeoutMs, ...flags }: Omit<SendOptions, 'signal'> & { timeout: number }) =>
      finished(await send({ ...flags, timeoutMs, signal })),
    );
}

function addPipe(program: Command, { signal, finished, grace }: Context): void {
  withShared(program.command('pipe'), { timeout: END_TIMEOUT, nothing: NOTHING_PIPED })
    .description('run a pipeline: take messages from sources, and deliver them by the routes')
    .addHelpText('after', PIPE_HELP)
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
    .addHelpText('after', CHECK_HELP)
    .action(async (names: string[], { timeout: timeoutMs, ...flags }: Flags) =>
      finished(await check({ ...flags, names, timeoutMs, signal })),
    );
}

function addValidate(program: Command, { signal, finished }: Context): void {
  withJson(program.command('validate'), NOTHING_VALIDATED)
    .description('check a configuration without connecting to anything')
    .argument('[file]', `the YAML file with the producers; - is the standard input (default: ${DEFAULT_CONFIGS})`)
    .option('-c, --config <file>', 'the same, as the other commands have it')
    .option('--strict', 'a warning is an error: exit code 2')
    .addHelpText('after', VALIDATE_HELP)
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
    .addHelpText('after', INIT_HELP)
    .action(async (kinds: string[], flags: Omit<InitOptions, 'kinds'>) => finished(await init({ ...flags, kinds })));
}

function addSchema(program: Command, { finished }: Context): void {
  program
    .command('schema')
    .description('print the JSON schema of the configuration, with which editors complete and check YAML files')
    .addHelpText('after', SCHEMA_HELP)
    .action(async () => finished(await printSchema()));
}

function addVersion(program: Command, { finished }: Context): void {
  withJson(program.command('version'), NO_VERSIONS)
    .description('print the versions of what runs here, and which kinds of producers can be used')
    .action(async (flags: VersionOptions) => finished(await version(flags)));
}
