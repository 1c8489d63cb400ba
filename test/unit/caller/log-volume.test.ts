import { expect } from 'chai';
import type sinon from 'sinon';
import { verdict } from '../../../src/kinds/http/answer.ts';
import { sendError } from '../../../src/kinds/http/failures.ts';
import { endError, nackError } from '../../../src/kinds/rabbitmq/replies.ts';
import { PermanentSendError, TransientSendError } from '../../../src/shared/errors.ts';
import { EngineRig, type LogLine } from '../../support/engine-rig.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Script, ScriptedTransport } from '../../support/scripted-transport.ts';

const HOUR_MS = 3_600_000;
const MOST_LINES = 2000;

type RigOptions = ConstructorParameters<typeof EngineRig>[1];

/** Something that lasts. */
interface Trouble {
  /** What becomes of a message at each attempt. */
  readonly script?: Script;
  /** What becomes of an attempt to connect. */
  readonly connect?: () => void;
  readonly options?: RigOptions;
  /** What the log says of it. */
  readonly says: RegExp;
}

const throws = (error: () => Error) => () => {
  throw error();
};
/** Fails at each first attempt. */
const once =
  (error: () => Error): Script =>
  (_value, attempt) => {
    if (attempt === 1) throw error();
  };
let answers = 0;
const answer = (status: number, text = 'busy', retryAfter?: string) =>
  verdict(
    {
      status,
      retryAfter,
      date: undefined,
      excerpt: `${text}, request ${++answers}-${Math.random().toString(36).slice(2)}`,
    },
    ['5xx', 429],
    { origin: 'http://a', messages: 1 },
  ) as Error;
const refused = () => sendError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), { origin: 'http://a' });

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'RabbitMQ: a full queue with reject-publish': { script: once(nackError), says: /attempt 1 failed/ },
  'RabbitMQ: a queue that stays full': { script: throws(nackError), says: /attempt 1 failed/ },
  'RabbitMQ: a connection that is lost with each message': {
    script: once(() => endError('connection', new Error('Socket closed abruptly'), [])),
    says: /attempt 1 failed/,
  },
  'RabbitMQ: the configured exchange is gone': {
    script: once(() => endError('channel', Object.assign(new Error('NOT_FOUND'), { code: 404 }), [])),
    says: /attempt 1 failed/,
  },
  'HTTP: a server that limits the rate': {
    script: once(() => answer(429, 'slow down', '1')),
    says: /attempt 1 failed/,
  },
  'HTTP: a server that asks for a wait of an hour': {
    script: once(() => answer(503, 'maintenance', '3600')),
    says: /longer wait than backoff_seconds/,
  },
  'HTTP: one of two backends is down': {
    script: once(() => (answers++ % 2 === 0 ? refused() : answer(502, 'bad gateway'))),
    says: /attempt 1 failed/,
  },
  'HTTP: nothing listens': { connect: throws(refused), says: /cannot connect/ },
  'Kafka: connections are refused': {
    connect: throws(() => new Error(`broker ${(answers++ % 3) + 1}: connection refused after ${answers} ms`)),
    says: /cannot connect/,
  },
  'Kafka: not enough replicas': {
    script: throws(() => new TransientSendError(`NOT_ENOUGH_REPLICAS (19), try ${answers++}`)),
    says: /attempt 1 failed/,
  },
  'a server that comes and goes': {
    connect: () => {
      if (Math.floor(performance.now() / 20_000) % 2 === 1) throw new Error('refused');
    },
    script: () => {
      if (Math.floor(performance.now() / 20_000) % 2 === 1)
        throw Object.assign(new TransientSendError('gone'), { needsReset: true });
    },
    says: /connected again/,
  },
  'dead letters, each with a reason of its own': {
    script: (value) => {
      throw new PermanentSendError(`value ${value} of ${Math.random().toString(36).slice(2)} is refused`);
    },
    options: { deadLetter: () => {} },
    says: /message dead-lettered/,
  },
  'dead letters without a target': {
    script: throws(() => new PermanentSendError(`refused (${answers++})`)),
    says: /message dropped/,
  },
  'a dead-letter target that is away': {
    script: throws(() => new PermanentSendError('refused')),
    options: { deadLetter: throws(() => new Error(`cannot write: ${answers++}`)) },
    says: /the dead-letter target failed/,
  },
  'a dead-letter target that comes and goes': {
    script: throws(() => new PermanentSendError('refused')),
    options: {
      deadLetter: () => {
        if (answers++ % 2 === 0) throw new Error('busy');
      },
    },
    says: /takes letters again/,
  },
  'a listener that throws': {
    options: {
      listeners: [
        () => {
          throw new Error(`bug ${answers++}`);
        },
      ],
    },
    says: /deliveryReport\(\) threw/,
  },
  'a queue that is full and drops the oldest': {
    connect: throws(() => new Error('refused')),
    options: { whenFull: 'drop_oldest' },
    says: /the queue is full: messages are dropped/,
  },
  'a queue that is full and drops the newest': {
    connect: throws(() => new Error('refused')),
    options: { whenFull: 'drop_newest' },
    says: /the queue is full: messages are dropped/,
  },
  'a queue that is full and refuses': {
    connect: throws(() => new Error('refused')),
    options: { whenFull: 'reject' },
    says: /the queue is full: messages are refused/,
  },
  'a queue that is full while callers wait': {
    connect: throws(() => new Error('refused')),
    says: /the queue is full: callers wait/,
  },
};

describe('the log of what lasts for a day', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
    answers = 0;
  });
  afterEach(() => clock.restore());

  function rigOf({ script, connect, options }: Trouble): EngineRig {
    const transport = new ScriptedTransport(script);
    transport._send = ((send) => (isError, message) => {
      transport.calls.length = 0; // a day of them
      transport.delivered.length = 0;
      return send.call(transport, isError, message);
    })(transport._send) satisfies typeof transport._send;
    if (connect) transport.onConnect = connect;
    return new EngineRig(transport, { maxMessages: 50, ...options });
  }

  let value = 0;
  const offer = (rig: EngineRig) => {
    void rig.enqueue(value++, { timeout: 60_000 }).catch(() => {});
  };

  /** Offers a message each `everyMs` ms of the fake clock. */
  async function load(rig: EngineRig, forMs: number, everyMs: number): Promise<void> {
    for (let ms = 0; ms < forMs; ms += everyMs) {
      offer(rig);
      await clock.tickAsync(everyMs);
    }
  }

  const texts = (lines: readonly LogLine[]) => lines.map(({ message }) => message);

  /** Four hours of it. Returns how many lines a day of it has, if it goes on as in the last of them. */
  async function linesOfADay(rig: EngineRig): Promise<number> {
    await load(rig, HOUR_MS / 12, 500);
    expect(rig.logs.length, 'in the first five minutes').to.be.within(1, 80);
    await load(rig, 3 * HOUR_MS, 60_000);
    const before = rig.logs.length;
    await load(rig, HOUR_MS, 60_000);
    return rig.logs.length + 20 * (rig.logs.length - before);
  }

  for (const [name, trouble] of Object.entries(TROUBLES))
    it(`${name}: fewer than ${MOST_LINES} lines of whatever level under load, and it is named`, async () => {
      const rig = rigOf(trouble);
      expect(await linesOfADay(rig)).to.be.below(MOST_LINES);
      expect(texts(rig.logs).join('\n')).to.match(trouble.says);
      void rig.engine.shutdown(0);
      await clock.tickAsync(1000);
    });

  it('has fewer than 2000 lines in 24 hours without a connection, to the last minute', async () => {
    const rig = rigOf(TROUBLES['Kafka: connections are refused'] as Trouble);
    await load(rig, 24 * HOUR_MS, 300_000);
    expect(rig.logs.length).to.be.within(100, 1000);
    expect(rig.logs.filter(({ level }) => level === 'debug')).to.deep.equal([]);
    void rig.engine.shutdown(0);
    await clock.tickAsync(1000);
  });

  it('has one summary a minute in the first hour, with how many lines were left out', async () => {
    const rig = rigOf(TROUBLES['RabbitMQ: a full queue with reject-publish'] as Trouble);
    await load(rig, HOUR_MS / 4, 500);
    const lines = rig.logs.filter(({ message }) => message === 'attempt 1 failed');
    expect(lines.length).to.be.within(14, 17);
    const counted = lines.reduce((sum, { fields }) => sum + 1 + Number(fields.leftOut ?? 0), 0);
    expect(counted).to.be.within(1700, 1800);
    expect(lines[0]?.fields).to.include({ blockedBy: 'back-off' });
    void rig.engine.shutdown(0);
    await clock.tickAsync(1000);
  });

  it('has a line for each change: no connection, and connected again', async () => {
    let isDown = true;
    const rig = rigOf({ says: /./, connect: () => (isDown ? throws(refused)() : undefined) });
    rig.produce(1);
    await clock.tickAsync(5000);
    isDown = false;
    await clock.tickAsync(70_000);
    const changes = rig.logs.filter(({ fields }) => fields.leftOut === undefined);
    expect(texts(changes)).to.deep.equal([
      'cannot connect',
      'no connection after 6 attempts; next try in 60 s',
      'connected again',
    ]);
    expect(rig.logs[0]?.fields).to.include({ blockedBy: 'connection' });
    expect(Number(changes[2]?.fields.seconds)).to.be.within(60, 66);
  });
});
