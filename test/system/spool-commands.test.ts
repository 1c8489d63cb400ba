/** `produce spool`: what is in spools, whether it is whole, and how it gets out of them without the service. */

import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { KafkaProducer } from '../../src/kinds/kafka/kafka-producer.ts';
import { lockSpool } from '../../src/spool/lock.ts';
import { EmbeddedKafka } from '../../src/testing/embedded-kafka.ts';
import { readTopic } from '../../src/testing/read-topic.ts';
import { quiet } from '../support/quiet.ts';
import { type RunOptions, runCommand } from '../support/run-command.ts';
import { append, openSpool } from '../support/spool-rig.ts';
import { temporaryDirectories } from '../support/temporary.ts';
import { HANG_MS, PATIENT } from '../support/until.ts';

describe('produce spool', function () {
  this.timeout(120_000);

  const directory = temporaryDirectories();
  let folder: string;
  let kafka: EmbeddedKafka;
  before(async () => {
    kafka = await EmbeddedKafka.start();
  });
  beforeEach(() => {
    folder = directory();
    fs.mkdirSync(join(folder, 'spools'));
  });
  after(() => kafka.stop());

  const VERIFIED = ['ok', 'directory', 'records', 'pending', 'lost', 'damage', 'putAside', 'owner'];
  const spoolOf = (name: string) => join(folder, 'spools', name);
  const command = (args: readonly string[], options: Partial<RunOptions> = {}) =>
    runCommand({ args: ['spool', ...args], cwd: folder, ...options });
  const last = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  const numbers = (count: number) => Array.from({ length: count }, (_, id) => id);

  /** Every file of a directory with its content: nothing but `replay` may change any. */
  const snapshot = (path: string) =>
    Object.fromEntries(
      fs.readdirSync(path).map((name) => [name, fs.readFileSync(join(path, name)).toString('base64')]),
    );

  function configure(names: readonly string[], servers = kafka.bootstrapServers): void {
    const definitions = names.map((name) =>
      [
        '  - type: kafka',
        `    name: ${name}`,
        `    bootstrap_servers: ${servers}`,
        '    backoff_seconds: 0.2',
        '    on_shutdown: dead_letter',
        '    dead_letter: { file: letters.ndjson }',
        `    queue: { spool: { path: spools/${name} } }`,
        '',
      ].join('\n'),
    );
    fs.writeFileSync(join(folder, 'producers.yaml'), `producers:\n${definitions.join('')}`);
  }

  /** A producer that never reached its broker, and was shut down. */
  async function leave(name: string, messages: readonly Parameters<KafkaProducer['enqueue']>[0][]): Promise<void> {
    const path = spoolOf(name);
    const producer = new KafkaProducer(
      { type: 'kafka', name, bootstrap_servers: '127.0.0.1:9', queue: { spool: { path } } },
      { logger: quiet },
    );
    await Promise.all(messages.map((message) => producer.enqueue(message, PATIENT)));
    // Time enough for the worker to close the files itself: they are compared later.
    expect((await producer.shutdown(1000)).spooled).to.equal(messages.length);
  }

  /** 40 messages in three segments, of which the first 10 and message 20 have settled. */
  async function fill(name: string): Promise<string> {
    const { spool } = await openSpool(spoolOf(name), { segmentBytes: 2400 });
    for (let first = 0; first < 40; first += 5) append(spool, first, 5);
    spool.settle(0, 9);
    spool.settle(20);
    await spool.close();
    return spoolOf(name);
  }

  const segments = (path: string) =>
    fs
      .readdirSync(path)
      .filter((name) => name.endsWith('.segment'))
      .sort();

  function flip(path: string, name: string, at: number): void {
    const bytes = fs.readFileSync(join(path, name));
    bytes[at] = (bytes[at] as number) ^ 1;
    fs.writeFileSync(join(path, name), bytes);
  }

  it('ls lists the spools of a configuration, also those that are not there yet, and those that are named', async () => {
    configure(['waiting', 'unused']);
    await leave(
      'waiting',
      numbers(3).map((value) => ({ value })),
    );
    const run = await command(['ls', '-c', 'producers.yaml', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    const rows = last(run.stdout).spools;
    expect(rows[0]).to.deep.include({ directory: spoolOf('waiting'), producer: 'waiting', pending: 3, owner: null });
    expect([rows[0].oldest, rows[0].newest]).to.deep.equal([0, 2]);
    expect(rows[1]).to.deep.include({ directory: spoolOf('unused'), producer: 'unused', pending: 0 });
    expect(fs.existsSync(spoolOf('unused'))).to.equal(false);
    const named = await command(['ls', await fill('other'), 'spools/nowhere', '--json']);
    expect(named.code).to.equal(2);
    expect(named.stderr).to.include('error: spools/nowhere: there is no such directory\n');
    expect(last(named.stdout).spools).to.have.length(1);
    expect(last(named.stdout).spools[0]).to.include({ pending: 29, oldest: 10, newest: 39 });
  });

  it('peek shows messages as JSON lines, with base64 where bytes are no text', async () => {
    await leave('peeked', [
      { value: { n: 0 } },
      {
        topic: 'elsewhere',
        key: 'k',
        value: Buffer.from([0xff, 0]),
        headers: { h: Buffer.from([0xfe]) },
        timestamp: 5,
      },
      { key: Buffer.from([0x80]), value: null, partition: 3 },
    ]);
    const before = snapshot(spoolOf('peeked'));
    const run = await command(['peek', 'spools/peeked', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    const lines = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const bare = { topic: null, key: null, headers: [], partition: null, timestamp: null, isError: false };
    expect(lines).to.deep.equal([
      { ...bare, number: 0, value: '{"n":0}' },
      {
        ...bare,
        number: 1,
        topic: 'elsewhere',
        key: 'k',
        value: { base64: '/wA=' },
        headers: [['h', { base64: '/g==' }]],
        timestamp: 5,
      },
      { ...bare, number: 2, key: { base64: 'gA==' }, value: null, partition: 3 },
      { ok: true, directory: 'spools/peeked', pending: 3, shown: 3, lost: 0 },
    ]);
    const some = await command(['peek', 'spools/peeked', '--from', '1', '-n', '1']);
    expect(
      some.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).number),
    ).to.deep.equal([1]);
    expect(snapshot(spoolOf('peeked'))).to.deep.equal(before);
    await leave('rude', [{ value: 'a\u009b31m\u202e\u{e0041}' }]);
    const rude = (await command(['peek', 'spools/rude'])).stdout;
    expect(rude).not.to.match(/[\u0080-\u009f]|\p{Cf}/u);
    expect(JSON.parse(last(rude).value)).to.equal('a\u009b31m\u202e\u{e0041}');
  });

  it('verify reads everything, and changes nothing', async () => {
    const path = await fill('whole');
    const before = snapshot(path);
    const run = await command(['verify', 'spools/whole', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    expect(last(run.stdout)).to.deep.include({ ok: true, pending: 29, lost: 0, damage: [], owner: null });
    expect(last(run.stdout)).to.have.keys(VERIFIED);
    expect(last(run.stdout).records).to.be.at.least(29);
    expect(snapshot(path)).to.deep.equal(before);
  });

  it('verify says exactly what is damaged and which messages are lost', async () => {
    const path = await fill('broken');
    const [first = '', second = '', third = ''] = segments(path);
    expect(third).not.to.equal('');
    flip(path, first, fs.statSync(join(path, first)).size - 32 - 8); // the last record before the seal
    flip(path, second, 20); // its header
    fs.rmSync(join(path, third));
    const before = snapshot(path);
    const run = await command(['verify', 'spools/broken', '--json']);
    expect(run.code, run.stderr).to.equal(1);
    const { damage, lost, ok } = last(run.stdout);
    const begins = [first, second, third].map((name) => Number(name.slice(0, 16))) as [number, number, number];
    expect(ok).to.equal(false);
    expect(
      damage.map(({ file, first: from, last: to, lost: count }: Record<string, unknown>) => [file, from, to, count]),
    ).to.deep.equal([
      [join('spools/broken', third), begins[2], 39, 40 - begins[2]],
      [join('spools/broken', first), begins[1] - 1, begins[1] - 1, 1],
      [join('spools/broken', second), null, null, 0],
    ]);
    expect(lost).to.equal(1 + 40 - begins[2]);
    expect(snapshot(path)).to.deep.equal(before);
    const peeked = await command(['peek', 'spools/broken', '-n', '100']);
    expect(peeked.code).to.equal(1);
    expect(peeked.stdout.trimEnd().split('\n')).to.have.length(29 - lost);
  });

  it('a half-written end is no damage, and is not cut off', async () => {
    const path = await fill('crashed');
    const name = segments(path).at(-1) as string;
    fs.truncateSync(join(path, name), fs.statSync(join(path, name)).size - 32); // without a seal
    fs.appendFileSync(join(path, name), fs.readFileSync(join(path, name)).subarray(64, 64 + 80));
    const before = snapshot(path);
    const run = await command(['verify', 'spools/crashed', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stderr).to.include('half-written');
    expect(snapshot(path)).to.deep.equal(before);
  });

  it('looks while a producer writes, disturbs nobody, and finds nothing wrong', async () => {
    const path = spoolOf('busy');
    const producer = new KafkaProducer(
      { type: 'kafka', name: 'busy', bootstrap_servers: kafka.bootstrapServers, queue: { spool: { path } } },
      { logger: quiet },
    );
    await producer.start(PATIENT);
    let ended = false;
    const writing = (async () => {
      for (let id = 0; !ended; id++) {
        if (!producer.produce({ value: 'x'.repeat(500) })) await producer.waitForRoom();
        if (id % 100 === 0) await new Promise(setImmediate);
      }
    })();
    for (const args of [['verify'], ['peek', '-n', '5'], ['verify'], ['ls'], ['verify']]) {
      const run = await command([...args, path, '--json']);
      expect(run.code, `${args}: ${run.stderr}`).to.equal(0);
      if (args[0] === 'ls') expect(last(run.stdout).spools[0].owner).to.include(`process ${process.pid} on`);
    }
    configure(['busy']);
    const replay = await command(['replay', '-c', 'producers.yaml', '--json']);
    expect(replay.code).to.equal(2);
    expect(replay.stderr.trimEnd()).to.match(
      /^error: producer 'busy' runs already, process \d+ on .* it delivers what is in it/,
    );
    ended = true;
    await writing;
    expect(await producer.flush(60_000)).to.deep.equal({ remaining: 0 });
    const { accepted, delivered } = producer.stats();
    expect(delivered).to.equal(accepted);
    await producer.shutdown(5000);
  });

  it('export writes lines that `send` takes, and says what they cannot', async () => {
    await leave('exported', [
      { key: 'ann', value: { who: 'ann', n: 1 } },
      { value: null },
      { value: Buffer.from('no JSON') },
      { key: 'bob', value: Buffer.from('{"who":\n"bob"}') },
      { value: 'x', topic: 'elsewhere', headers: { a: 'b' } },
    ]);
    const run = await command(['export', 'spools/exported']);
    expect(run.code).to.equal(1);
    expect(run.stdout).to.equal('{"who":"ann","n":1}\nnull\n"x"\n');
    const dash = await command(['export', 'spools/exported', '--output', '-']);
    expect(dash).to.deep.equal(run);
    expect(fs.readdirSync(folder)).not.to.include('-');
    const both = await command(['export', 'spools/exported', '--output', '-', '--json']);
    expect(both).to.include({ code: 2 });
    expect(both.stderr).to.include('--json needs --output FILE');
    expect(run.stderr).to.include('2 messages left out: the value is not one line of JSON');
    expect(run.stderr).to.include('1 message written without their key');
    const file = ['export', 'spools/exported', '-o', 'out.ndjson', '--key-field', 'who', '--json'];
    const keyed = await command(file);
    expect(fs.readFileSync(join(folder, 'out.ndjson'), 'utf8')).to.equal('{"who":"ann","n":1}\n');
    expect(last(keyed.stdout)).to.deep.include({ messages: 5, written: 1, leftOut: { value: 2, key: 2 }, lost: 0 });
    expect((await command(file)).stderr).to.equal('error: out.ndjson exists; name a file that does not\n');
  });

  it('what was exported arrives when it is sent', async () => {
    await leave(
      'round',
      numbers(20).map((id) => ({ key: `c${id}`, value: { customer: `c${id}`, id } })),
    );
    const exported = await command(['export', 'spools/round', '--key-field', 'customer']);
    expect(exported.code, exported.stderr).to.equal(0);
    const definition = `  - { type: kafka, name: round, bootstrap_servers: '${kafka.bootstrapServers}' }\n`;
    fs.writeFileSync(join(folder, 'producers.yaml'), `producers:\n${definition}`);
    const sent = await runCommand({
      args: ['send', '-c', 'producers.yaml', '-p', 'round', '--key-field', 'customer'],
      cwd: folder,
      stdin: exported.stdout,
    });
    expect(sent.code, sent.stderr).to.equal(0);
    const read = await readTopic({
      timeoutMs: HANG_MS,
      bootstrapServers: kafka.bootstrapServers,
      topic: 'round',
      count: 20,
    });
    expect(read.map(({ key }) => String(key)).sort()).to.deep.equal(
      numbers(20)
        .map((id) => `c${id}`)
        .sort(),
    );
  });

  it('replay delivers what is in spools, each through its producer, and leaves them empty', async () => {
    configure(['one', 'two', 'three']);
    for (const name of ['one', 'two'])
      await leave(
        name,
        numbers(500).map((value) => ({ key: 'same', value })),
      );
    const run = await command(['replay', '-c', 'producers.yaml', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    const row = { kind: 'kafka', delivered: 500, deadLettered: 0, dropped: 0, lost: 0, left: 0, damage: [] };
    expect(last(run.stdout)).to.deep.equal({
      ok: true,
      producers: [
        { name: 'one', ...row },
        { name: 'two', ...row },
      ],
    });
    for (const topic of ['one', 'two']) {
      const read = await readTopic({ timeoutMs: HANG_MS, bootstrapServers: kafka.bootstrapServers, topic, count: 500 });
      expect(read.map(({ value }) => Number(value))).to.deep.equal(numbers(500));
    }
    const again = await command(['replay', '-c', 'producers.yaml', 'one', '--json']);
    expect(again.code).to.equal(0);
    expect(again.stderr).to.include('one: nothing in ');
  });

  it('replay says what is lost, delivers the rest, and is not all well then', async () => {
    configure(['lossy']);
    const path = await fill('lossy');
    const [first = '', , third = ''] = segments(path);
    flip(path, first, fs.statSync(join(path, first)).size - 32 - 8); // the last record before the seal
    fs.rmSync(join(path, third));
    const verified = last((await command(['verify', path, '--json'])).stdout);
    const run = await command(['replay', '-c', 'producers.yaml', '--json']);
    expect(run.code, run.stderr).to.equal(1);
    const [row] = last(run.stdout).producers;
    expect(row).to.include({ delivered: 29 - verified.lost, dropped: 0, lost: verified.lost, left: 0 });
    expect(verified.lost).to.be.greaterThan(1);
    expect(row.damage).to.deep.equal(verified.damage);
    expect(run.stderr).to.match(/lossy\/\d+\.segment: the file that should hold these messages is not there; \d+ lost/);
    expect(run.stderr.trimEnd()).to.match(/FAILED: \d+ messages delivered, \d+ lost, 0 left$/);
    const again = await command(['replay', '-c', 'producers.yaml']);
    expect([again.code, again.stderr.includes('lost')]).to.deep.equal([0, false]);
  });

  it('replay says what is lost of a spool that holds nothing any more', async () => {
    configure(['gone']);
    const path = await fill('gone');
    for (const name of segments(path)) fs.rmSync(join(path, name));
    const run = await command(['replay', '-c', 'producers.yaml', '--json']);
    expect(run.code, run.stderr).to.equal(1);
    expect(last(run.stdout).producers[0]).to.include({ name: 'gone', delivered: 0, lost: 29, left: 0 });
    expect(run.stderr).to.include('FAILED: 0 messages delivered, 29 lost, 0 left');
  });

  it('replay counts what was dead-lettered as not delivered', async () => {
    await leave('lettered', [{ value: 'small' }, { value: 'x'.repeat(20_000) }, { value: 'small' }]);
    configure(['lettered']);
    fs.appendFileSync(join(folder, 'producers.yaml'), '    max_message_bytes: 10000\n');
    const run = await command(['replay', '-c', 'producers.yaml', '--json']);
    expect(run.code, run.stderr).to.equal(1);
    expect(last(run.stdout).producers[0]).to.include({ delivered: 2, deadLettered: 1, dropped: 0, lost: 0, left: 0 });
    expect(run.stderr).to.include('FAILED: 2 messages delivered, 1 dead-lettered, 0 left');
  });

  it('send leaves the spool to its producer, and says so', async () => {
    configure(['sent']);
    await leave('sent', [{ value: 'left' }]);
    const before = snapshot(spoolOf('sent'));
    const args = ['send', '-c', 'producers.yaml', '-p', 'sent', '--value', '1'];
    const run = await runCommand({ args, cwd: folder });
    expect(run.code, run.stderr).to.equal(0);
    expect(run.stderr).to.match(
      /^note {2}sent: its spool is left to the service; .* in memory until it is delivered$/m,
    );
    expect(snapshot(spoolOf('sent'))).to.deep.equal(before);
  });

  it('replay leaves in the spool what cannot be delivered, and writes no dead letters of it', async () => {
    configure(['left'], '127.0.0.1:9');
    await leave(
      'left',
      numbers(10).map((value) => ({ value })),
    );
    const run = await command(['replay', '-c', 'producers.yaml', '--timeout', '1s', '--json']);
    expect(run.code, run.stderr).to.equal(3);
    expect(last(run.stdout)).to.deep.include({ ok: false });
    expect(last(run.stdout).producers[0]).to.include({ delivered: 0, left: 10 });
    expect(fs.existsSync(join(folder, 'letters.ndjson'))).to.equal(false);
    expect(last((await command(['ls', 'spools/left', '--json'])).stdout).spools[0].pending).to.equal(10);
  });

  it('has one clear line for what is no spool, and for one that it cannot read', async () => {
    fs.mkdirSync(join(folder, 'empty'));
    fs.writeFileSync(join(folder, 'file'), '');
    const path = await fill('newer');
    const name = segments(path)[0] as string;
    const { encodeFileHeader } = await import('../../src/spool/format.ts');
    const header = encodeFileHeader({ kind: 1, salt: 1, first: Number(name.slice(0, 16)) });
    header.writeUInt32LE(2, 8);
    const { crc32 } = await import('node:zlib');
    header.writeUInt32LE(crc32(header.subarray(0, 60)), 60);
    fs.writeFileSync(join(path, name), header);
    const cases = [
      ['nowhere', /^error: nowhere: there is no such directory\n$/],
      ['file', /^error: file: not a directory, as a spool is\n$/],
      ['empty', /^error: empty: not a spool, which has a settlements\.log and files such as \d{16}\.segment\n$/],
      [
        'spools/newer',
        /^error: spools\/newer\/\d{16}\.segment has spool format 2, this outspool reads format 1: a newer .*\n$/,
      ],
    ] as const;
    for (const [where, line] of cases)
      for (const verb of ['peek', 'verify', 'export']) {
        const run = await command([verb, where]);
        expect(run.stderr, `${verb} ${where}`).to.match(line);
        expect([run.code, run.stdout]).to.deep.equal([2, '']);
      }
    const json = await command(['verify', 'nowhere', '--json']);
    expect(last(json.stdout)).to.include({ ok: false, records: null, owner: null }).and.to.have.keys(VERIFIED);
    configure(['one']);
    const strange = await command(['replay', '-c', 'producers.yaml', 'oen']);
    expect([strange.code, strange.stderr]).to.deep.equal([
      2,
      "error: there is no producer 'oen' in producers.yaml (did you mean 'one'?)\n",
    ]);
  });

  it('says that a file cannot be read, and never calls that damage', async () => {
    const path = await fill('refused');
    configure(['refused']);
    const name = segments(path)[0] as string;
    fs.rmSync(join(path, name));
    fs.mkdirSync(join(path, name)); // what the system refuses to read
    const before = fs.readdirSync(path);
    for (const args of [
      ['peek', 'spools/refused'],
      ['verify', 'spools/refused'],
      ['export', 'spools/refused'],
      ['ls', 'spools/refused'],
      ['replay', '-c', 'producers.yaml'],
    ]) {
      const run = await command(args);
      expect(run.stderr, args.join(' ')).to.match(
        /^error: \S+\.segment: cannot read it: .* \(EISDIR\); nothing counts as lost/,
      );
      expect(run.stderr, args.join(' ')).not.to.match(/damage/i);
      expect(run.code, args.join(' ')).to.equal(2);
    }
    expect(fs.readdirSync(path)).to.deep.equal(before);
  });

  it('a lock that is held says so, and reading goes on', async () => {
    const path = await fill('held');
    const lock = lockSpool(path);
    const run = await command(['verify', 'spools/held', '--json']);
    expect(run.code, run.stderr).to.equal(0);
    expect(last(run.stdout).owner).to.include(`process ${process.pid}`);
    lock.release();
  });
});
