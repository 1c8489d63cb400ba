/**
 * What people get wrong, and what the command has to say about it: the exact lines on stderr and the exit code. Run in
 * `fixtures/`, so that paths are relative. `<here>` stands for that folder's path, `<port>` for a port, `<n>` for a time, `<kinds>`
 * for the names of all kinds.
 */

export interface BadInput {
  readonly what: string;
  readonly args: readonly string[];
  readonly stdin?: string | Uint8Array;
  /** All lines, but for tables. */
  readonly stderr: readonly string[];
  readonly code: 1 | 2 | 3;
}

const SINK = ['send', '-c', 'sink.yaml', '-p', 'sink'] as const;
const CANNOT = 'FAILED: 0 of 1 message delivered';
const NOTHING = 'FAILED: nothing was sent';
const CUT = 'FAILED: the input was not read to its end; of what came before, ';

const flag = (what: string, args: readonly string[], line: string): BadInput => ({
  what,
  args,
  stderr: [`error: ${line}`],
  code: 2,
});

const FLAGS: readonly BadInput[] = [
  flag('an unknown command', ['smoek'], "unknown command 'smoek' (Did you mean smoke?)"),
  flag('an unknown option', ['smoke', '--jsno'], "unknown option '--jsno' (Did you mean --json?)"),
  flag('an argument too many', ['smoke', 'now'], "too many arguments for 'smoke'. Expected 0 arguments but got 1."),
  flag('no number of messages', ['smoke', '-n'], "option '-n, --messages <count>' argument missing"),
  flag(
    'zero messages',
    ['smoke', '-n', '0'],
    "option '-n, --messages <count>' argument '0' is invalid. Expected a whole number from 1 to 100000.",
  ),
  flag(
    'messages in words',
    ['smoke', '-n', '1e3'],
    "option '-n, --messages <count>' argument '1e3' is invalid. Expected a whole number from 1 to 100000.",
  ),
  flag(
    'a timeout without a unit',
    ['smoke', '--timeout', '5'],
    "option '--timeout <duration>' argument '5' is invalid. expected a duration with a unit, such as 250ms, 5s, 2m or 1h, got '5'.",
  ),
  flag(
    'a timeout of nothing',
    ['smoke', '--timeout', '0s'],
    "option '--timeout <duration>' argument '0s' is invalid. Expected more than nothing and at most 2147483 s.",
  ),
  flag(
    'a timeout that no timer can hold',
    ['send', '-p', 'sink', '--timeout', '600h'],
    "option '--timeout <duration>' argument '600h' is invalid. Expected more than nothing and at most 2147483 s.",
  ),
  flag(
    'no producer where there are several',
    ['send', '-c', 'kafka.yaml'],
    "kafka.yaml has 2 producers: say by -p which of 'orders', 'payments'",
  ),
  flag(
    'a value and a file',
    [...SINK, '--value', '1', '--file', 'x'],
    "option '--value <json>' cannot be used with option '--file <file>'",
  ),
  flag(
    'a key and a field for it',
    [...SINK, '-k', '1', '--key-field', 'id'],
    "option '-k, --key <key>' cannot be used with option '--key-field <field>'",
  ),
  flag(
    'a topic of nothing',
    [...SINK, '-t', ''],
    "option '-t, --topic <topic>' argument '' is invalid. Expected text that is not empty.",
  ),
  flag(
    'a topic that Kafka refuses',
    ['send', '-c', 'kafka.yaml', '-p', 'orders', '-t', 'two words'],
    "option '-t, --topic <topic>': expected 1 to 249 letters, digits, dots, underscores and hyphens, got 'two words'",
  ),
  flag(
    'a misspelt producer',
    ['send', '-c', 'kafka.yaml', '-p', 'paymets'],
    "there is no producer 'paymets' in kafka.yaml (did you mean 'payments'?)",
  ),
  flag(
    'a producer that nobody meant',
    ['send', '-c', 'kafka.yaml', '-p', 'x'],
    "there is no producer 'x' in kafka.yaml",
  ),
];

const BEGINNING: readonly BadInput[] = [
  flag(
    'a configuration of an unknown kind',
    ['init', 'kafak'],
    "command-argument value 'kafak' is invalid for argument 'kinds'. Allowed choices are kafka, rabbitmq, file, stdout, memory, http, custom.",
  ),
  flag(
    'a configuration with a kind named twice',
    ['init', 'http', 'file', 'http'],
    "'http' is named twice; a file may have several, copy the one that is written",
  ),
  flag(
    'a configuration over a file that exists',
    ['init', '-o', 'kafka.yaml'],
    'kafka.yaml exists; name a file that does not',
  ),
  flag(
    'a configuration with a class, and no place for it',
    ['init', 'custom'],
    "'custom' needs --output FILE: a class is written next to the file",
  ),
  flag(
    'an address that is none',
    ['top', 'localhost:94640'],
    'localhost:94640: expected host:port, or a URL such as http://127.0.0.1:<port>/',
  ),
  flag(
    'an address with a password in it',
    ['top', '--once', 'http://me:secret@localhost:9464'],
    'expected host:port, or a URL such as http://127.0.0.1:<port>/, without a user name (the token is in OUTSPOOL_OPERATIONS_TOKEN)',
  ),
  flag(
    'an interval of nothing',
    ['top', '--interval', '0s'],
    "option '--interval <duration>' argument '0s' is invalid. Expected more than nothing and at most 2147483 s.",
  ),
  flag(
    'completion of an unknown shell',
    ['completion', 'tcsh'],
    "command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.",
  ),
  flag('completion of no shell', ['completion'], "missing required argument 'shell'"),
  flag(
    'an argument of schema',
    ['schema', 'kafka'],
    "too many arguments for 'schema'. Expected 0 arguments but got 1.",
  ),
];

/** A line of input that is not what it should be; `delivered` came before it. */
const input = (what: string, stdin: string | Uint8Array, stderr: string, delivered = 0): BadInput => ({
  what,
  args: SINK,
  stdin,
  stderr: [
    stderr,
    delivered === 0 ? NOTHING : `${CUT}${delivered} of ${delivered} message${delivered === 1 ? '' : 's'} delivered`,
  ],
  code: 2,
});

const LONG = 17 * 2 ** 20;

const INPUT: readonly BadInput[] = [
  input('an empty input', '', '<stdin>:1:1  no message: expected one JSON value on each line'),
  input('nothing but blank lines', '\n \r\n\t\n', '<stdin>:1:1  no message: expected one JSON value on each line'),
  input('a word', 'hello\n', '<stdin>:1:1  invalid JSON: expected a JSON value'),
  input(
    'a bad line after good and blank ones, with Windows line ends and a byte order mark',
    '\ufeff{"a":1}\r\n\r\n{"a":2}\r\n{"a":}\r\n{"a":3}\r\n',
    '<stdin>:4:6  invalid JSON: expected a JSON value',
    2,
  ),
  input(
    'a last line that is cut',
    '{"a":1}\n{"a":',
    '<stdin>:2:6  invalid JSON: expected a JSON value, but the line ends here',
    1,
  ),
  input('single quotes', "{'a':1}", "<stdin>:1:2  invalid JSON: expected a key in double quotes or '}'"),
  input('a comma too many in an object', '{"a":1,}', '<stdin>:1:8  invalid JSON: expected a key in double quotes'),
  input('a comma too many in a list', '[1,2,]', '<stdin>:1:6  invalid JSON: expected a JSON value'),
  input('no comma', '{"a":1 "b":2}', "<stdin>:1:8  invalid JSON: expected ',' or '}'"),
  input('no colon', '{"a" 1}', "<stdin>:1:6  invalid JSON: expected ':' after the key"),
  input('the wrong bracket', '{"a":[1}', "<stdin>:1:8  invalid JSON: expected ',' or ']'"),
  input(
    'two values on a line',
    '{"a":1} {"a":2}\n',
    '<stdin>:1:9  invalid JSON: expected nothing more after the value: one JSON value on each line',
  ),
  input('a leading zero', '{"a":01}', '<stdin>:1:6  invalid JSON: expected a JSON value'),
  input('not a number', '[NaN]', "<stdin>:1:2  invalid JSON: expected a JSON value or ']'"),
  input('no closing quote', '{"a":"b}', '<stdin>:1:6  invalid JSON: this text has no closing quote'),
  input(
    'a path with single backslashes',
    '{"file":"C:\\data"}',
    '<stdin>:1:12  invalid JSON: unknown escape in a text: write \\\\ for a backslash',
  ),
  input(
    'a tab in a text, after characters that count two',
    '["🙂\t"]',
    '<stdin>:1:5  invalid JSON: a control character in a text must be escaped',
  ),
  input('bytes that are not UTF-8', Buffer.from('"f\xfcr"\n', 'latin1'), '<stdin>:1:1  this line is not UTF-8 text'),
  input('a file in UTF-16', Buffer.from('\ufeff{"a":1}\n', 'utf16le'), '<stdin>:1:1  this line is not UTF-8 text'),
  input(
    'a line without an end',
    `1\n"${'x'.repeat(LONG)}`,
    '<stdin>:2:1  this line is longer than 16 MiB, expected one JSON value on each line',
    1,
  ),
  {
    what: 'a message larger than the queue',
    args: ['send', '-c', 'sink.yaml', '-p', 'small'],
    stdin: `1\n"${'x'.repeat(100_000)}"\n`,
    stderr: [
      '<stdin>:2:1  a message of 100048 bytes (packed) can never fit queue.max_bytes of 65536',
      `${CUT}1 of 1 message delivered`,
    ],
    code: 2,
  },
];

const keyField = (what: string, stdin: string, found: string): BadInput => ({
  what,
  args: [...SINK, '--key-field', 'id'],
  stdin,
  stderr: [
    `<stdin>:1:1  expected field 'id' with a text, a whole number or a boolean for the key, got ${found}`,
    NOTHING,
  ],
  code: 2,
});

const value = (what: string, text: string, line: string): BadInput => ({
  what,
  args: [...SINK, '--value', text],
  stderr: [line],
  code: 2,
});

const KEYS_AND_VALUES: readonly BadInput[] = [
  keyField('no field for the key', '{"ID":1}', 'none'),
  keyField('a field of the prototype', '{"name":1}', 'none'),
  keyField('null for a key', '{"id":null}', 'null'),
  keyField('an object for a key', '{"id":{}}', 'an object'),
  keyField('a fraction for a key', '{"id":1.5}', 'a number that is not whole or too large'),
  keyField('a line that is no object', '[1]', 'the line is a list'),
  value('a value of nothing', '', '--value:1:1  invalid JSON: expected a JSON value'),
  value(
    'a value that the shell took the quotes of',
    '{total: 9}',
    "--value:1:2  invalid JSON: expected a key in double quotes or '}'",
  ),
  value(
    'a value over several lines',
    '{\n  "a": 1,\n  "b" 2\n}',
    "--value:3:7  invalid JSON: expected ':' after the key",
  ),
];

const file = (what: string, args: readonly string[], line: string): BadInput => ({
  what,
  args,
  stderr: [line],
  code: 2,
});

const FILES: readonly BadInput[] = [
  file('no such input', [...SINK, '--file', 'no.ndjson'], 'no.ndjson:1:1  the file does not exist'),
  file('a folder for an input', [...SINK, '--file', '.'], '.:1:1  the file is a directory'),
  file('no such configuration', ['validate', 'no.yaml'], 'no.yaml:1:1  the file does not exist'),
  file('a folder for a configuration', ['validate', 'modules'], 'modules:1:1  the file is a directory'),
  file('no configuration where it is by default', ['smoke'], 'config/producers.yaml:1:1  the file does not exist'),
  {
    what: 'several mistakes in a configuration',
    args: ['smoke', '-c', 'wrong-values.yaml'],
    stderr: [
      "wrong-values.yaml:4:5  producers[0].compresion  unknown key 'compresion' (did you mean 'compression'?)",
      "wrong-values.yaml:5:18  producers[0].max_retries  expected a whole number of at least 0, got text 'many'",
      "wrong-values.yaml:6:11  producers[1].type  expected one of the kinds <kinds>, got text 'kafak' (did you mean 'kafka'?)",
      "wrong-values.yaml:7:11  producers[1].name  duplicate producer name 'orders', first used on line 3",
    ],
    code: 2,
  },
];

/** A module of a custom producer that does not load. */
const module = (name: string, message: string, at = '4:13  producers[0].module'): BadInput =>
  file(`the module ${name}`, ['validate', `${name}.yaml`], `${name}.yaml:${at}  ${message}`);

const EXPORT = '5:13  producers[0].export';
const SIDE_EFFECT =
  "was called inside the worker thread: the module of a producer's class must be free of side effects, because the worker imports it";

/** A class that cannot be built, on this side or in the worker. */
const start = (name: string, reason: string): BadInput => ({
  what: `the class of ${name}`,
  args: ['smoke', '-c', `${name}.yaml`, '-n', '1', '--yes'],
  stderr: [
    `sending 1 message through each of: ${name}`,
    `  ${name}: 1 message, no tombstone among them, to where its class writes, which the command cannot know`,
    `${name}.yaml:2:5  producer '${name}' cannot be started: ${reason}`,
    CANNOT,
  ],
  code: 2,
});

const EARLY =
  'error: the process was ended by a module, or by nothing being left to wait for, before the command was done';

const MODULES: readonly BadInput[] = [
  module('missing-module', "cannot find module './modules/missing.mjs' from the folder of this file"),
  module(
    'module-without-dot',
    "cannot find module 'module-without-dot.yaml' from the folder of this file: a file in it is './module-without-dot.yaml'",
  ),
  module('throws-at-import', "module './modules/throws-at-import.mjs' does not load: Error: no licence"),
  module(
    'imports-missing',
    "module './modules/imports-missing.mjs' does not load: Error: Cannot find module '<here>/modules/nowhere.mjs' imported from <here>/modules/imports-missing.mjs",
  ),
  module(
    'imports-wrong-name',
    "module './modules/imports-wrong-name.mjs' does not load: SyntaxError: The requested module 'outspool' does not provide an export named 'BaseProdcer' (modules/imports-wrong-name.mjs:1)",
  ),
  module('no-producer', "module './modules/no-producer.mjs' exports no class that extends BaseProducer"),
  module(
    'several-producers',
    "module './modules/several-producers.mjs' exports several producers (First, Second): say which with 'export'",
  ),
  module('missing-export', "./modules/several-producers.mjs has no export 'Third', but First, Second", EXPORT),
  module('not-a-class', "export 'answer' is not a class that extends BaseProducer", EXPORT),
  module('without-send', 'class Mute has no _send()', '4:13  producers[0].export'),
  module('own-schema', "expected a whole number, got text 'deep'", '6:12  producers[0].depth'),
  file(
    'the class of constructor-throws',
    ['smoke', '-c', 'constructor-throws.yaml', '--yes'],
    "constructor-throws.yaml:2:5  producer 'constructor-throws' cannot be started: RangeError: the moon is full (modules/constructor-throws.mjs:6:11)",
  ),
  start('fails-in-worker', 'TypeError: works on my thread (modules/fails-in-worker.mjs:7:30)'),
  start('constructs-at-import', `OutspoolError: new Eager() ${SIDE_EFFECT}`),
  start('produces-at-import', `OutspoolError: new Hasty() ${SIDE_EFFECT}`),
  { what: 'a module that ends the process', args: ['validate', 'exits-at-import.yaml'], stderr: [EARLY], code: 1 },
  { what: 'a module that never loads', args: ['validate', 'never-loads.yaml'], stderr: [EARLY], code: 1 },
  {
    what: 'a module that throws later',
    args: ['smoke', '-c', 'throws-later.yaml', '--yes'],
    stderr: ['error: too late to catch'],
    code: 1,
  },
];

const DELIVERY: readonly BadInput[] = [
  {
    what: 'a class that refuses every message',
    args: ['send', '-c', 'refuses.yaml', '-p', 'refuses', '--value', '1'],
    stderr: [
      'error refuses: message dropped: it cannot be delivered, and there is no dead-letter target (topic refuses, attempts 1, reason TypeError: I take no messages (modules/refuses.mjs:5:11))',
      CANNOT,
    ],
    code: 1,
  },
  {
    what: 'a message larger than the producer sends',
    args: ['send', '-c', 'kafka.yaml', '-p', 'orders', '--embedded', '--value', `"${'x'.repeat(2000)}"`],
    stderr: [
      '--embedded: starting an embedded Kafka cluster at 127.0.0.1:<port>',
      "error orders: message dropped: it cannot be delivered, and there is no dead-letter target (topic orders, attempts 1, reason PermanentSendError: Local: Message size too large: 2038 bytes with key, headers and framing, 'max_message_bytes' allows 1000 (MSG_SIZE_TOO_LARGE, 10): this producer refused it and sent nothing; raise 'max_message_bytes' as far as the topic's 'max.message.bytes' allows)",
      CANNOT,
    ],
    code: 1,
  },
  {
    what: 'a class that cannot connect',
    args: ['send', '-c', 'no-connection.yaml', '-p', 'lonely', '--value', '1'],
    stderr: ['error: producer lonely: no connection: nobody answers', NOTHING],
    code: 3,
  },
  {
    what: 'a port where no broker is',
    args: ['smoke', '-c', 'closed-port.yaml', '-n', '1'],
    stderr: [
      'sending 1 message through each of: nobody',
      "  nobody: 1 message, no tombstone among them, to topic 'nobody' at 127.0.0.1:<port>",
      "error: producer nobody: no connection: nothing listens at 127.0.0.1:<port> (connection refused): check the port in 'bootstrap_servers', and whether the broker runs",
      `${CANNOT}, 0 of 1 read back byte for byte`,
    ],
    code: 3,
  },
];

export const BAD_INPUTS: readonly BadInput[] = [
  ...FLAGS,
  ...BEGINNING,
  ...INPUT,
  ...KEYS_AND_VALUES,
  ...FILES,
  ...MODULES,
  ...DELIVERY,
];
