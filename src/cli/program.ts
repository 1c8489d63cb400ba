/** The command line: commands, flags, help. */

import { createRequire } from 'node:module';
import { Command, Option } from 'commander';
import type { ExitCode } from './exit.ts';
import { messageCount, milliseconds, notEmpty } from './flags.ts';
import { type SendOptions, send } from './send.ts';
import { type SmokeOptions, smoke } from './smoke.ts';
import { validate } from './validate.ts';

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const DEFAULT_CONFIG = 'config/producers.yaml';

const EXAMPLES = `
Examples:
  produce smoke                                  try every producer; without a broker, on an embedded Kafka cluster
  produce validate config/producers.yaml         say everything that is wrong, with line and column
  produce send -p orders -k 42 --value '{"total": 9.5}'
  produce send -p orders --key-field customer < orders.ndjson
  tail -f app.log.json | produce send -p telemetry --json

Exit codes: 0 all delivered, 1 something not delivered, 2 bad usage, configuration or input, 3 no connection.
People read stderr; with --json the last line of stdout is one JSON object.`;

const SEND_HELP = `
The input has one JSON value on each line, and is sent as it was written; blank lines are skipped, and null is a
tombstone. A bad line ends the command with its place; the lines before it are delivered.

Examples:
  produce send -p orders -k 42 --value '{"total": 9.5}'
  produce send -p orders --key-field customer --file orders.ndjson
  produce send -p orders --embedded < orders.ndjson`;

export interface Context {
  /** Aborted when somebody wants the command to end. */
  readonly signal: AbortSignal;
  /** Takes the exit code of the command that ran. */
  finished(code: ExitCode): void;
}

/** Command-line help and errors come out of `parseAsync` as commander's own errors; nothing here ends the process. */
export function createProgram(context: Context): Command {
  const program = new Command('produce')
    .description('Sends messages through producers that are configured in YAML.')
    .version(version)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError(false)
    .exitOverride();
  addSmoke(program, context);
  addSend(program, context);
  addValidate(program, context);
  return program;
}

const configOption = () =>
  new Option('-c, --config <file>', 'the YAML file with the producers').default(DEFAULT_CONFIG);

/** Flags that several commands have. */
function withShared(command: Command): Command {
  const timeout = new Option('--timeout <duration>', 'how long to wait for connections, room and deliveries');
  return command
    .addOption(configOption())
    .option('--embedded', 'put an embedded Kafka cluster in the place of every Kafka broker')
    .option('--json', 'put one JSON object on the last line of stdout')
    .addOption(timeout.argParser(milliseconds).default(30_000, '30s'))
    .option('--verbose', 'say more of what happens');
}

function addSmoke(program: Command, { signal, finished }: Context): void {
  withShared(program.command('smoke'))
    .description('send messages through every producer, read them back from Kafka, compare byte for byte')
    .addOption(new Option('-n, --messages <count>', 'messages for each producer').argParser(messageCount).default(100))
    .action(async ({ timeout: timeoutMs, ...flags }: Omit<SmokeOptions, 'signal'> & { timeout: number }) =>
      finished(await smoke({ ...flags, timeoutMs, signal })),
    );
}

function addSend(program: Command, { signal, finished }: Context): void {
  withShared(program.command('send'))
    .description('send one message, or one for every line of a file or of the standard input')
    .addOption(new Option('-p, --producer <name>', 'the producer').makeOptionMandatory())
    .addOption(new Option('-t, --topic <topic>', 'the topic (default: the one of the producer)').argParser(notEmpty))
    .addOption(new Option('-k, --key <key>', 'the key of every message').conflicts('keyField'))
    .addOption(
      new Option('--key-field <field>', 'take the key from this field of each JSON object').argParser(notEmpty),
    )
    .addOption(new Option('--value <json>', 'one message').conflicts('file'))
    .addOption(new Option('--file <file>', 'read one JSON value a line from this file (default: standard input)'))
    .addHelpText('after', SEND_HELP)
    .action(async ({ timeout: timeoutMs, ...flags }: Omit<SendOptions, 'signal'> & { timeout: number }) =>
      finished(await send({ ...flags, timeoutMs, signal })),
    );
}

function addValidate(program: Command, { finished }: Context): void {
  program
    .command('validate')
    .description('check a configuration without connecting to anything')
    .argument('[file]', 'the YAML file with the producers', DEFAULT_CONFIG)
    .action(async (file: string) => finished(await validate(file)));
}
