/** Pipes that a configuration names: read where one reading is enough, refused at the start where a file is read again. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tlsOptions } from '../../src/kinds/common/tls-options.ts';
import { COMMAND } from '../support/run-command.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS } from '../support/until.ts';

const PIPE = 'is a pipe, and it is read more than once: name a regular file';
const NO_FILE = 'is no regular file';

/** The rest of a definition of each kind that has TLS. */
const KINDS = {
  http: 'url: "https://127.0.0.1:1/"',
  rabbitmq: 'url: "amqps://127.0.0.1:1"',
  kafka: 'bootstrap_servers: "127.0.0.1:1", security_protocol: SSL, client: { socket.keepalive.enable: true }',
} as const;
const TLS_KEYS = ['ssl_cafile', 'ssl_certfile', 'ssl_keyfile'];

/** librdkafka opens them itself. */
const RAW = [
  ...[
    'ssl.crl.location',
    'ssl.keystore.location',
    'https.ca.location',
    'sasl.kerberos.keytab',
    'topic.ssl.crl.location',
  ],
  ...['sasl.oauthbearer.assertion.private.key.file', 'sasl.oauthbearer.assertion.file'],
  'sasl.oauthbearer.assertion.jwt.template.file',
];

describe('a pipe in a configuration', function () {
  this.timeout(2 * HANG_MS);
  const directory = temporaryDirectories();
  let folder: string;

  beforeEach(() => {
    folder = directory();
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    symlinkSync('fifo', join(folder, 'link'));
    symlinkSync('/dev/zero', join(folder, 'zero'));
    mkdirSync(join(folder, 'folder'));
  });

  /** Runs the command in a shell. One that hangs in native code ends by SIGKILL alone. */
  function run(args: string, yaml: string, env: Readonly<Record<string, string>> = {}) {
    writeFileSync(join(folder, 'p.yaml'), yaml);
    const script = `exec ${process.execPath} ${COMMAND} ${args}`;
    const options = { cwd: folder, encoding: 'utf8', timeout: HANG_MS, killSignal: 'SIGKILL', input: '' } as const;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
      ...options,
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    return { status, lines: `${stdout}${stderr}`.trim().split('\n') };
  }

  const THINGS: Readonly<Record<string, readonly [path: string, words: string, why: string]>> = {
    'a pipe with a name': ['fifo', '', PIPE],
    'a link to one': ['link', '', PIPE],
    'a pipe of the shell': ['/dev/fd/9', '9< <(cat /etc/hostname)', PIPE],
    'a device': ['zero', '', NO_FILE],
  };

  for (const [thing, [path, words, why]] of Object.entries(THINGS))
    it(`is refused as certificate and key of every kind, with its place: ${thing}`, () => {
      const rows = Object.entries(KINDS).flatMap(([type, rest]) =>
        TLS_KEYS.map((key, index) => {
          const pair = { ssl_certfile: 'ssl_keyfile: p.yaml, ', ssl_keyfile: 'ssl_certfile: p.yaml, ' }[key] ?? '';
          return { key, line: `  - { ${key}: ${path}, ${pair}type: ${type}, name: ${type}${index}, ${rest} }` };
        }),
      );
      const { status, lines } = run(
        `validate -c p.yaml ${words}`,
        `producers:\n${rows.map(({ line }) => line).join('\n')}\n`,
      );
      expect(status).to.equal(2);
      for (const [index, { key }] of rows.entries()) {
        const place = `p.yaml:${index + 2}:${9 + key.length}  producers[${index}].${key}  `;
        const found = lines.filter((line) => line.startsWith(place));
        expect(found, `${place}\n${lines.join('\n')}`).to.have.length(1);
        expect(found[0]).to.contain(why);
      }
    });

  for (const [thing, [path, words, why]] of Object.entries(THINGS))
    it(`is refused where librdkafka would open it, in the twinkling of an eye: ${thing}`, () => {
      const at = path.startsWith('/') ? path : join(folder, path);
      const rows = RAW.map((name, index) => {
        const client = `{ ${name}: ${at} }`;
        return `  - { client: ${client}, type: kafka, name: k${index}, bootstrap_servers: "127.0.0.1:1" }`;
      });
      const { status, lines } = run(`validate -c p.yaml ${words}`, `producers:\n${rows.join('\n')}\n`);
      expect(status, lines.join('\n')).to.equal(2);
      for (const [index, name] of RAW.entries())
        expect(
          lines.filter((line) => line.includes(`[${index}].client['${name.slice(0, 35)}`) && line.includes(why)),
        ).to.have.length(1);
    });

  const KAFKA = 'type: kafka, name: k, bootstrap_servers: "127.0.0.1:1"';
  const OTHER = 'socket.keepalive.enable: true';
  for (const [name, row, key] of [
    ['a producer', `security_protocol: SSL, ${KAFKA}`, 'security_protocol'],
    ['one with properties', `security_protocol: SSL, client: { ${OTHER} }, ${KAFKA}`, 'security_protocol'],
    ['one on node-rdkafka', `security_protocol: SSL, driver: node-rdkafka, ${KAFKA}`, 'security_protocol'],
    ['one that implies TLS', `username: u, password: p, client: { ${OTHER} }, ${KAFKA}`, 'username'],
  ] as const)
    it(`is refused as the file of SSL_CERT_FILE, where librdkafka would open it: ${name}`, () => {
      const fifo = join(folder, 'fifo');
      const { status, lines } = run('validate -c p.yaml', `producers:\n  - { ${row} }\n`, { SSL_CERT_FILE: fifo });
      expect(status, lines.join('\n')).to.equal(2);
      const text = `[0].${key}  the file ${fifo} of the variable SSL_CERT_FILE ${PIPE}`;
      expect(
        lines.filter((line) => line.includes(text)),
        lines.join('\n'),
      ).to.have.length(1);
    });

  it('is refused next to a property that has librdkafka make a client', () => {
    const client = `{ ssl.crl.location: ${join(folder, 'fifo')}, ${OTHER} }, security_protocol: SSL`;
    const { status, lines } = run('validate -c p.yaml', `producers:\n  - { client: ${client}, ${KAFKA} }\n`);
    expect(status, lines.join('\n')).to.equal(2);
    expect(lines.filter((line) => line.includes(PIPE))).to.have.length(1);
  });

  it('is refused by a connection, should it stand there later, and in SSL_CERT_FILE', () => {
    const before = process.env.SSL_CERT_FILE;
    process.env.SSL_CERT_FILE = join(folder, 'fifo');
    try {
      expect(() => tlsOptions({})).to.throw(`${join(folder, 'fifo')} of the variable SSL_CERT_FILE ${NO_FILE}`);
    } finally {
      if (before === undefined) delete process.env.SSL_CERT_FILE;
      else process.env.SSL_CERT_FILE = before;
    }
    for (const key of TLS_KEYS)
      expect(() => tlsOptions({ ssl_cafile: COMMAND, [key]: join(folder, 'fifo') })).to.throw(`'${key}' ${NO_FILE}`);
  });

  it('is refused as the module of a class', () => {
    const { status, lines } = run('validate -c p.yaml', 'producers:\n  - { type: custom, module: ./fifo, name: c }\n');
    expect(status).to.equal(2);
    expect(lines.join('\n')).to.contain("module './fifo' is no regular file");
  });

  const MEMORY = 'producers:\n  - { type: memory, name: m }\n';
  const COMMANDS: Readonly<Record<string, string>> = {
    validate: 'validate -c CONFIG',
    check: 'check -c CONFIG',
    smoke: 'smoke -c CONFIG',
    send: "send -c CONFIG -p m --value '{}'",
    'send from the input': "send -c CONFIG -p m <<< '{}'",
  };
  for (const [name, args] of Object.entries(COMMANDS))
    it(`is as good as a file as the configuration of ${name}`, () => {
      const { status, lines } = run(args.replace('CONFIG', '<(cat p.yaml)'), MEMORY);
      expect(status, lines.join('\n')).to.equal(0);
    });

  for (const value of ['127.0.0.1:1/a', ''])
    it(`is read once for a reference, however often it is named: ${value === '' ? 'an empty one' : 'one with a value'}`, () => {
      const row = (name: string) => `  - { type: http, name: ${name}, url: "https://127.0.0.1:1/\${file:/dev/fd/9}" }`;
      const host = (name: string) => `  - { type: http, name: ${name}, url: "https://\${file:/dev/fd/9}" }`;
      const yaml = `producers:\n${[value === '' ? row('a') : host('a'), value === '' ? row('b') : host('b')].join('\n')}\n`;
      const { status, lines } = run(`validate -c p.yaml 9< <(printf '%s' '${value}')`, yaml);
      expect(status, lines.join('\n')).to.equal(0);
    });

  const PIPELINE = `${MEMORY}sources:\n  - { type: stdin, name: s }\n`;
  for (const [name, args, yaml] of [
    ['the standard input of send', 'send -c /dev/stdin -p m < <(cat p.yaml)', MEMORY],
    ['the standard input of send --file -', 'send -c /dev/stdin -p m --file - < <(cat p.yaml)', MEMORY],
    ['the standard input of send, as -', 'send -c - -p m < <(cat p.yaml)', MEMORY],
    ['the standard input of send --file, as -', 'send -c - -p m --file /dev/stdin < <(cat p.yaml)', MEMORY],
    ['the standard input of a pipeline, as -', 'pipe -c - < <(cat p.yaml)', PIPELINE],
    ['the standard input of a pipeline, as - and a file', 'pipe -c - < p.yaml', PIPELINE],
    ['the file of send', 'send -c /dev/fd/9 -p m --file /dev/fd/9 9< <(cat p.yaml)', MEMORY],
    ['the standard input of a pipeline', 'pipe -c /dev/stdin < <(cat p.yaml)', PIPELINE],
  ] as const)
    it(`cannot be the configuration and ${name}`, () => {
      const { status, lines } = run(args, yaml);
      expect(status).to.equal(2);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.contain('the configuration and the messages cannot both come from');
    });

  /** Ways to give the standard input, in which `p.yaml` is. */
  const INPUTS = ['< p.yaml', '< <(cat p.yaml)', '< <(sleep 0.2; cat p.yaml)'];
  for (const input of INPUTS) {
    it(`is the standard input as -, with paths relative to the current folder: ${input}`, () => {
      const yaml = 'producers: [{ type: file, name: lines, path: out.ndjson }]\n';
      const { status, lines } = run(`send -c - --value 1 --json ${input}`, yaml);
      expect(status, lines.join('\n')).to.equal(0);
      expect(readFileSync(join(folder, 'out.ndjson'), 'utf8').trim().split('\n')).to.have.length(1);
      for (const command of [
        'validate -',
        'validate -c -',
        'spool ls -c -',
        'dead-letters ls -c -',
        'smoke -c - --yes',
      ])
        expect(run(`${command} ${input}`, MEMORY), command).to.include({ status: 0 });
    });

    it(`is the standard input as - of a pipeline with other sources: ${input}`, () => {
      writeFileSync(join(folder, 'in.ndjson'), '{bad\n');
      const source = 'sources: [{ type: file, name: s, path: in.ndjson, from: start }]';
      const { status, lines } = run(`pipe -c - ${input}`, `${MEMORY}${source}\n`);
      expect(status, lines.join('\n')).to.equal(2);
      expect(lines.join('\n')).to.contain('in.ndjson:1:2');
    });

    it(`is the standard input as -, and its mistakes have their place: ${input}`, () => {
      const { status, lines } = run(`validate -c - ${input}`, 'producers:\n  - { type: memory, nmae: m }\n');
      expect(status).to.equal(2);
      expect(lines[0]).to.match(/^<stdin>:2:/);
      expect(run(`validate -c - ${input}`, `#${'x'.repeat(2 ** 20)}`).lines[0]).to.contain('is larger than 1 MiB');
      expect(run(`validate -c - ${input}`, '').lines[0]).to.contain('<stdin>:1:1  the file is empty');
    });
  }
});
