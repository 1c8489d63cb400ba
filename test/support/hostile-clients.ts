/** What hostile, broken and slow clients send to a listener, and the answers that they must get. */

const MIB = 2 ** 20;
const BODY_BYTES = 8 * MIB;

/**
 * A status, or `closed` where the connection ends without one: also where a client is still sending when the listener gives it up,
 * since the reset of the connection may overtake the answer.
 */
export type Reply = number | 'closed';

/** Something to write, or a pause in ms. */
export type Step = string | Buffer | number | 'end' | 'destroy';

export interface HostileClient {
  readonly name: string;
  readonly steps: readonly Step[];
  /** In order; of several lists each is right. */
  readonly replies: readonly (readonly Reply[])[];
  /** How many do the same at once. @default 1 */
  readonly clients?: number;
}

const JSON_TYPE = 'content-type: application/json';
const LINES_TYPE = 'content-type: application/x-ndjson';

interface Head {
  readonly line?: string;
  readonly host?: string;
  readonly type?: string;
  readonly more?: readonly string[];
}

function head({
  line = 'POST /messages HTTP/1.1',
  host = 'host: localhost',
  type = JSON_TYPE,
  more = [],
}: Head): string {
  return [line, host, type, ...more]
    .filter((text) => text !== '')
    .concat('', '')
    .join('\r\n');
}

const sized = (body: string | Buffer, options: Head = {}): Step[] => {
  const length = `content-length: ${Buffer.byteLength(body)}`;
  return [head({ ...options, more: [...(options.more ?? []), length] }), body];
};

const chunked = (pieces: readonly Step[], options: Head = {}): Step[] => [
  head({ ...options, more: [...(options.more ?? []), 'transfer-encoding: chunked'] }),
  ...pieces,
];

const one = (name: string, steps: readonly Step[], ...replies: readonly Reply[]): HostileClient => ({
  name,
  steps,
  replies: replies.map((reply) => [reply]),
});

const lines = { type: LINES_TYPE };
const VALUE = '{"value":1}';
const deep = (depth: number) => `{"value":${'['.repeat(depth)}${']'.repeat(depth)}}`;

const HEADS: readonly HostileClient[] = [
  one('a right request', sized(VALUE), 200),
  one('no HTTP at all', ['hello\r\n\r\n'], 400),
  one('TLS', [Buffer.from('1603010200010001fc0303', 'hex')], 400),
  one('HTTP/2 with prior knowledge', ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'], 400),
  one('HTTP/1.0', sized(VALUE, { line: 'POST /messages HTTP/1.0' }), 200),
  one('HTTP/9.9', sized(VALUE, { line: 'POST /messages HTTP/9.9' }), 400),
  one('NULs', [Buffer.alloc(64 * 1024)], 400, 'closed'),
  one('no Host', sized(VALUE, { host: '' }), 400),
  one('two Hosts', sized(VALUE, { more: ['host: localhost'] }), 400),
  one('the Host of another machine', sized(VALUE, { host: 'host: evil.example' }), 421),
  one('a Host in capitals', sized(VALUE, { host: 'HOST: LOCALHOST' }), 200),
  one('an absolute target', sized(VALUE, { line: 'POST http://localhost/messages HTTP/1.1' }), 200),
  one('an absolute target elsewhere', sized(VALUE, { line: 'POST http://evil.example/messages HTTP/1.1' }), 421),
  one('another path', sized(VALUE, { line: 'POST /other HTTP/1.1' }), 404),
  one('a path with dots', sized(VALUE, { line: 'POST /x/../messages HTTP/1.1' }), 404),
  one('a path with NUL', sized(VALUE, { line: 'POST /messages%00 HTTP/1.1' }), 404),
  one('a path of 1 MiB', sized(VALUE, { line: `POST /${'a'.repeat(MIB)} HTTP/1.1` }), 431, 400, 'closed'),
  one('GET', [head({ line: 'GET /messages HTTP/1.1' })], 405),
  one('a method that is none', sized(VALUE, { line: 'POSTT /messages HTTP/1.1' }), 400),
  one('CONNECT', [head({ line: 'CONNECT localhost:80 HTTP/1.1' })], 'closed', 405),
  one('TRACE', [head({ line: 'TRACE /messages HTTP/1.1' })], 405),
  one(
    'an Upgrade to WebSocket',
    [head({ line: 'GET /messages HTTP/1.1', more: ['connection: upgrade', 'upgrade: websocket'] })],
    405,
    'closed',
  ),
  one('headers of 1 MiB', sized(VALUE, { more: [`x: ${'a'.repeat(MIB)}`] }), 431, 'closed'),
  one(
    '10 000 headers',
    sized(VALUE, { more: Array.from({ length: 10_000 }, (_, index) => `x-${index}: a`) }),
    431,
    'closed',
  ),
  one('a folded header', sized(VALUE, { more: ['x: a\r\n b'] }), 400, 200),
  one('a header with a bare LF', sized(VALUE, { more: ['x: a\ny: b'] }), 400),
  one('a header with NUL', sized(VALUE, { more: ['x: a\0b'] }), 400),
  one('a space before the colon', sized(VALUE, { more: ['x : a'] }), 400),
  one('another content type', sized(VALUE, { type: 'content-type: text/plain' }), 415),
  one('no content type', sized(VALUE, { type: '' }), 415),
  one('a charset that is not UTF-8', sized(VALUE, { type: `${JSON_TYPE}; charset=utf-16` }), 415),
  one('content-encoding: gzip', sized(VALUE, { more: ['content-encoding: gzip'] }), 415),
  one('Expect: 100-continue', [...sized(VALUE, { more: ['expect: 100-continue'] })], 200),
  one('Expect of something else', sized(VALUE, { more: ['expect: tea'] }), 417),
];

/** Smuggling: what one parser takes for a body another one may take for a request. */
const FRAMING: readonly HostileClient[] = [
  one('two lengths that differ', sized(VALUE, { more: ['content-length: 5'] }), 400),
  one('a length and chunks', chunked(['0\r\n\r\n'], { more: ['content-length: 5'] }), 400),
  one('a negative length', [head({ more: ['content-length: -1'] })], 400),
  one('a length of hex', [head({ more: ['content-length: 0x10'] })], 400),
  one('a length of 2^64', [head({ more: ['content-length: 18446744073709551616'] })], 400),
  one('a length of 1 PB', [head({ more: ['content-length: 1000000000000000'] })], 413),
  one('no length and no chunks', [head({})], 400),
  one('a chunk that is too short', chunked(['5\r\nabc\r\n0\r\n\r\n']), 400),
  one('a chunk size that is no number', chunked(['xyz\r\n']), 400),
  one('a chunk size of 2^64', chunked(['fffffffffffffffff\r\n']), 400),
  one('a chunk extension of 1 MiB', chunked([`1;${'a'.repeat(MIB)}\r\n1\r\n0\r\n\r\n`]), 413, 400, 'closed'),
  one('chunked twice', sized(VALUE, { more: ['transfer-encoding: chunked, chunked'] }), 400),
  one('an unknown transfer encoding', [head({ more: ['transfer-encoding: gzip'] })], 400),
  one('trailers of 1 MiB', chunked([`1\r\n1\r\n0\r\nx: ${'a'.repeat(MIB)}\r\n\r\n`]), 431, 400, 'closed'),
  { name: 'two requests in one packet', steps: [[...sized(VALUE), ...sized(VALUE)].join('')], replies: [[200, 200]] },
  {
    name: 'a request in the place of a body',
    steps: [head({ more: ['content-length: 0'] }), ...sized(VALUE)],
    replies: [[400, 200]],
  },
];

const BODIES: readonly HostileClient[] = [
  one('an empty body', sized(''), 400),
  one('no JSON', sized('{'), 400),
  one('JSON behind JSON', sized('1 2'), 400),
  one('bytes that are not UTF-8', sized(Buffer.from([0x22, 0xff, 0x22])), 400),
  one('a lone surrogate in a topic', sized('{"value":1,"topic":"\\ud800"}'), 400),
  one('NUL in a header', sized('{"value":1,"headers":{"a\\u0000":"b"}}'), 400),
  one('a member that no message has', sized('{"value":1,"tpoic":"a"}'), 400),
  one('a duplicate member', sized('{"value":1,"value":2}'), 200, 400),
  one('__proto__ as a member', sized('{"value":1,"__proto__":{}}'), 400),
  one('__proto__ in headers', sized('{"value":1,"headers":{"__proto__":"a"}}'), 200, 400),
  one('100 000 levels', sized(deep(100_000)), 200, 400),
  one('400 000 levels', sized(deep(400_000)), 200, 400, 413),
  one('a number of 100 000 digits', sized(`{"value":${'9'.repeat(100_000)}}`), 200, 400),
  one('a line of 2 MiB', sized(`{"value":"${'a'.repeat(2 * MIB)}"}`), 413),
  one('a body of 9 MiB', sized(Buffer.alloc(9 * MIB, '1\n'), lines), 413),
  one(
    '9 MiB in chunks',
    chunked([...Array(9).fill(`100000\r\n${'1\n'.repeat(MIB / 2)}\r\n`), '0\r\n\r\n'], lines),
    413,
  ),
  one('8 MiB of lines of one byte', sized(Buffer.alloc(BODY_BYTES, '1\n'), { ...lines }), 400, 429),
  one('8 MiB of blank lines', sized(Buffer.alloc(BODY_BYTES, '\n'), lines), 400),
  one('8 MiB of spaces', sized(Buffer.alloc(BODY_BYTES, ' \r\n'), lines), 400),
  one(
    'lines of 1 MiB that are lists of lists',
    sized(Buffer.alloc(BODY_BYTES, `[${'[],'.repeat(349_000)}[]]\n`.padEnd(MIB - 1, ' ').concat('\n')), lines),
    400,
  ),
  one('a last line that is none', sized(`${'{"value":1}\n'.repeat(10_000)}{`, lines), 400),
  one('100 000 messages', sized('{"value":1}\n'.repeat(100_000), lines), 200),
  one('1 MiB in chunks of a byte', chunked(['1\r\n1\r\n1\r\n\n\r\n'.repeat(MIB / 2), '0\r\n\r\n'], lines), 400, 408),
];

/** The listener of the test gives heads 2 s and requests 3 s. */
const SLOW: readonly HostileClient[] = [
  one('a head that never comes', [], 408, 'closed'),
  one('a head that never ends', ['POST /messages HTTP/1.1\r\n', 200, 'x: a\r\n', 200, 'y: b\r\n'], 408),
  one(
    'a head, a byte every 100 ms',
    [...head({ more: ['x: abc'] })].flatMap((char): Step[] => [char, 100]),
    408,
  ),
  one('a body that never comes', [head({ more: ['content-length: 10'] })], 408, 'closed'),
  one(
    'a body, a byte every 100 ms',
    [head({ more: ['content-length: 100'] }), ...Array(40).fill(['1', 100]).flat()],
    408,
    'closed',
  ),
  one('chunks that never end', chunked(['1\r\n1\r\n']), 408, 'closed'),
  one('a half of a body, and gone', [head({ more: ['content-length: 10'] }), '{', 'destroy'], 'closed'),
  one('a half of a body, and its side ended', [head({ more: ['content-length: 10'] }), '{', 'end'], 400, 'closed'),
  one('its side ended after the body', [...sized(VALUE), 'end'], 200),
  { name: '300 connections that say nothing', steps: [], replies: [[408], ['closed']], clients: 300 },
  {
    name: '100 bodies that never end',
    steps: [head({ more: ['content-length: 1000000'] }), Buffer.alloc(500_000, ' ')],
    replies: [[408], [429], ['closed']],
    clients: 100,
  },
  {
    name: '16 bodies of 8 MiB at once',
    steps: sized(Buffer.alloc(BODY_BYTES, `{"value":"${'a'.repeat(1000)}"}\n`), lines),
    replies: [[200], [429], [400], [408]],
    clients: 16,
  },
  {
    name: '1000 requests in one packet',
    steps: [sized(VALUE).join('').repeat(1000)],
    replies: [Array(1000).fill(200)],
  },
  {
    name: '50 resets while an answer is made',
    steps: [...sized('{"value":1}\n'.repeat(10_000), lines), 'destroy'],
    replies: [['closed']],
    clients: 50,
  },
];

export const HOSTILE_CLIENTS: readonly HostileClient[] = [...HEADS, ...FRAMING, ...BODIES, ...SLOW];
