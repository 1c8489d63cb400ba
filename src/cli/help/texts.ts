/** The help of each command: a note, examples and exit codes. A test parses every example with the real command line. */

import { DEAD_LETTER_TEXTS } from './dead-letter-texts.ts';
import type { Example, HelpText } from './help-text.ts';
import { SPOOL_TEXTS } from './spool-texts.ts';

/** The way from nothing to a first message, as `produce` alone shows it. */
export const FIRST_STEPS: readonly Example[] = [
  ['produce init -o config/producers.yaml', 'write a configuration with comments'],
  ['produce validate', 'say everything that is wrong with it, with line and column'],
  ['produce check', 'find out whether every broker can be reached, and if not, why'],
  ['produce smoke --embedded', 'try every producer, on an embedded Kafka cluster'],
  [`produce send -p kafka-producer --value '{"total": 9.5}'`, 'send one message'],
];

/** By the words of the command; the program itself has none. */
export const TEXTS: Readonly<Record<string, HelpText>> = {
  '': {
    examples: [
      ['produce init -o config/producers.yaml', 'begin: write a configuration with comments'],
      ['produce smoke', 'try every producer; without a broker, on an embedded Kafka cluster'],
      ['produce validate config/producers.yaml', 'say everything that is wrong, with line and column'],
      ['produce check', 'find out whether every broker can be reached, and if not, why'],
      [`produce send -p orders -k 42 --value '{"total": 9.5}'`],
      ['produce send -p orders --key-field customer < orders.ndjson'],
      ['tail -f app.log.json | produce send -p telemetry --json'],
      ['produce pipe -c pipeline.yaml', 'take messages by HTTP, from files or a pipe, and route them'],
      ['produce dead-letters ls', 'what could not be delivered, and why'],
      ['produce dead-letters replay letters.ndjson', 'send it again, now that the cause is mended'],
      ['produce spool ls', 'what waits on disk, and who has it'],
      ['produce schema > producers.schema.json', 'let editors complete and check the configuration'],
      ['produce version', 'what runs here, and which kinds can be used'],
    ],
    exitCodes: `0 all delivered, 1 something not delivered, 2 bad usage, configuration or input, 3 no connection, or a check that failed.
People read stderr; with --json the last line of stdout is one JSON object.`,
  },
  smoke: {
    note: `Before anything is sent, a line for each producer says what is written and where. Kafka producers without 'bootstrap_servers' get an
embedded cluster. Brokers and servers that are not on this machine, files that have lines, and classes of your own are written to
with --yes only.`,
    examples: [
      ['produce smoke'],
      ['produce smoke -c producers.yaml --embedded'],
      ['produce smoke -c producers.yaml --yes --topic smoke-tests'],
    ],
    exitCodes:
      '0 all delivered and read back, 1 not all, 2 bad usage or configuration, or --yes is missing, 3 no connection.',
  },
  send: {
    note: `The input has one JSON value on each line, and is sent as it was written; blank lines are skipped, and null is a
tombstone. A bad line ends the command with its place; the lines before it are delivered. A bad --value, or a file whose first line
is bad, ends it before anything connects. A spool ('queue: { spool }') is left to the service that has it: what is not delivered here
is not kept.`,
    examples: [
      [`produce send -p orders -k 42 --value '{"total": 9.5}'`],
      ['produce send -p orders --key-field customer --file orders.ndjson'],
      ['produce send -p orders --embedded < orders.ndjson'],
    ],
  },
  pipe: {
    note: `The file says under 'sources' where messages come from (stdin, a file that is followed, an HTTP listener) and under
'routes' which producers get them; one producer needs no routes. It runs until the sources have ended or a signal comes;
then it takes nothing more, delivers what it has, and says what became of every message. The outcome 'queued' of the standard
input means that the producers have taken the lines; their rows say what was delivered.`,
    examples: [
      ['produce pipe -c pipeline.yaml'],
      ['produce pipe -c pipeline.yaml --embedded --verbose'],
      ['produce pipe -c pipeline.yaml --operations 127.0.0.1:9464'],
      ["produce pipe -c pipeline.yaml --timeout 25s --json | jq '.sources[].answers'"],
    ],
    exitCodes: `0 every accepted message was delivered, is in a spool, or was withdrawn with a word to its client; 1 others
were not delivered, or the standard input was not read to its end; 2 bad usage, configuration or input.`,
  },
  check: {
    note: `The layers: dns, tcp, tls (a look at every bootstrap server), sasl, metadata (leaders, replicas in sync, size limits of
the topic), authorisation (may the user write to the topic, and use the transactional id?), and with --send a round trip.
The first that fails is named with the line of the setting to look at and what to do. A class of your own has the layer
connect. One server that can be reached is enough; what ails the others is a warning.`,
    examples: [
      ['produce check -c producers.yaml'],
      ['produce check -c producers.yaml orders --topic orders-v2 --send'],
      ["produce check --json | jq '.producers[].layers[] | select(.problem)'"],
    ],
    exitCodes: '0 all passed, 1 interrupted, 2 bad usage or configuration, 3 a check failed.',
  },
  ...DEAD_LETTER_TEXTS,
  ...SPOOL_TEXTS,
  top: {
    note: `A process is shown that has an operations endpoint ('operations: { listen }' in its file, or produce pipe --operations). Rates are those
of the last interval, 'oldest' is the age of the oldest message that has not settled. A process that is away is a row with the reason.
The token is better in OUTSPOOL_OPERATIONS_TOKEN, because other users of the machine can read the flags of a process.`,
    examples: [
      ['produce top'],
      ['produce top 127.0.0.1:9464 127.0.0.1:9465 https://orders.example.com/operations'],
      ["produce top --json | jq '.processes[].producers[] | select(.blockedBy)'"],
    ],
    exitCodes: '0 all were reached, or it was ended by q, 2 bad usage, 3 with --once or --json: a process is away.',
  },
  validate: {
    examples: [
      ['produce validate config/producers.yaml'],
      [
        'produce validate --strict -c producers.yaml',
        'for a deployment: a secret in a file that others can read ends it, too',
      ],
    ],
    exitCodes: '0 the configuration can be used, 2 it cannot, or has a warning and --strict was given.',
  },
  init: {
    note: `What it writes is valid as it is, and can be tried at once. Settings that are seldom changed are comments. For 'custom' a class is
written next to the file. No file is overwritten.`,
    examples: [
      ['produce init -o config/producers.yaml'],
      ['produce init kafka http --output producers.yaml'],
      ['produce init rabbitmq'],
    ],
    exitCodes: '0 written, 2 bad usage, or the file exists.',
  },
  schema: {
    note: `An editor with the YAML language server uses it for a file that begins with the line
# yaml-language-server: $schema=./producers.schema.json`,
    examples: [['produce schema > config/producers.schema.json']],
  },
  completion: {
    note: 'A line in the start-up file of the shell (~/.bashrc, ~/.zshrc after compinit, ~/.config/fish/config.fish) does it for each new shell.',
    examples: [
      ['source <(produce completion bash)', 'in bash'],
      ['source <(produce completion zsh)', 'in zsh'],
      ['produce completion fish | source', 'in fish'],
    ],
  },
  version: {
    examples: [['produce version'], ["produce version --json | jq '.kinds[] | select(.usable)'"]],
    exitCodes: '0 in any case, because a kind that cannot be used may not be needed.',
  },
};
