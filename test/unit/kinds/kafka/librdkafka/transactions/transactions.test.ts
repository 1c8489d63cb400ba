import { expect } from 'chai';
import sinon from 'sinon';
import { BatchPart } from '../../../../../../src/kinds/kafka/batches/batch-part.ts';
import { sendError } from '../../../../../../src/kinds/kafka/errors/errors.ts';
import type { Client } from '../../../../../../src/kinds/kafka/librdkafka/native/client.ts';
import { TransactionMemory } from '../../../../../../src/kinds/kafka/librdkafka/transactions/transaction-memory.ts';
import { Transactions } from '../../../../../../src/kinds/kafka/librdkafka/transactions/transactions.ts';
import { PermanentSendError, ProducerFencedError, TransientSendError } from '../../../../../../src/shared/errors.ts';
import type { Batch } from '../../../../../../src/shared/transport.ts';
import { fakeClock } from '../../../../../support/fake-clock.ts';
import { PackedBatch } from '../../../../../support/packed-batch.ts';

const FENCED = -144;
const TOPIC_FORBIDDEN = 29;
const NO_COORDINATOR = 15;
const OUT_OF_ORDER = 45;
const INVALID_STATE = 48;
const TOO_LARGE = 10;
const ID_FORBIDDEN = 53;

interface Script {
  /** What the transaction has failed with by the time that it is asked, one for each; the last one stays. */
  readonly failures?: readonly number[];
  readonly abort?: number;
  readonly fatal?: number;
  readonly properties?: Readonly<Record<string, string>>;
}

/** A client without a broker: its transactions begin, are never committed, and fail as the script says. */
function scripted({ failures = [0], abort = 0, fatal = 0, properties = {} }: Script = {}) {
  const calls: string[] = [];
  let open = false;
  let asked = 0;
  const failure = () => failures[Math.min(asked++, failures.length - 1)] as number;
  const client = {
    handle: 1,
    closed: false,
    properties,
    native: {
      rdkafka: {
        errorCode: (code: number) => code,
        errorDestroy: () => {},
        errorText: (code: number) => `Broker: code ${code}`,
        errorName: (code: number) => `CODE_${code}`,
      },
      transactions: {
        begin: async () => {
          if (open) return failure();
          open = true;
          calls.push('begin');
          return 0;
        },
        abort: async (_: number, sliceMs: number) => {
          open = false;
          calls.push(sliceMs < 1000 ? 'last abort' : 'abort');
          return abort;
        },
        errorText: (code: number) => `code ${code}`,
        isFatal: () => 1,
        isRetriable: () => 0,
        needsAbort: () => 0,
        fatalError: () => fatal,
      },
    },
  } as unknown as Client;
  return { client, calls };
}

interface Rig extends Script {
  readonly timeoutMs?: number;
  readonly memory?: TransactionMemory;
  brokers?(): readonly number[];
  recall?(): void;
  purge?(): void;
  produce?(batch: Batch, transactions: Transactions): void | Promise<void>;
}

function rig({
  timeoutMs = 60_000,
  memory = new TransactionMemory(),
  produce,
  brokers = () => [],
  recall = () => {},
  purge = () => {},
  ...script
}: Rig = {}) {
  const warnings: string[] = [];
  const { client, calls } = scripted(script);
  const transactions: Transactions = new Transactions({
    client,
    timeoutMs,
    memory,
    transactionalId: 'orders-0',
    run: '00ff00ff00ff00ff',
    readMarks: async () => [],
    produce: async (batch: Batch) => produce?.(batch, transactions),
    recall,
    purge: () => {
      calls.push('purge');
      purge();
    },
    knownBrokers: () => [],
    brokers: async () => ({ ids: brokers(), isComplete: true }),
    warn: (text) => void warnings.push(text),
  });
  return { transactions, memory, calls, warnings };
}

const records = (count: number, topicOf: (index: number) => string = () => 'open') =>
  Array.from({ length: count }, (_, index) => ({ value: 'x', topic: topicOf(index) }));

const members = (batch: Batch): number[] =>
  Array.from({ length: batch.size }, (_, index) => index).filter((index) => !batch.skip(index));

const BYSTANDER = -138;
/** Bytes of the record of one of `records`. */
const RECORD = 48;

const batchFailed = (batch: Batch, index: number, code: number) =>
  batch.failed(index, sendError({ code, name: `CODE_${code}`, text: 'refused' }, 'set'));

/** The set that holds a bad message is refused as a whole. */
const refuse = (batch: Batch, bad: readonly number[]) => {
  const indices = members(batch);
  const isBad = indices.some((index) => bad.includes(index));
  const text = { code: TOO_LARGE, name: 'MSG_SIZE_TOO_LARGE', text: 'too large' };
  for (const index of indices)
    if (isBad) batch.failed(index, sendError(text, 'set'));
    else batch.delivered(index);
};

describe('a transaction whose messages failed and that cannot be aborted', () => {
  const failing = { abort: FENCED, fatal: FENCED };
  const produce = (batch: Batch) => batch.failed(0, new TransientSendError('old epoch'));

  it('was fenced: the producer ends, whatever the messages say, and does not take the id back', async () => {
    const { transactions } = rig({ ...failing, produce });
    const batch = new PackedBatch(records(1));
    const error = await transactions.send(batch).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ProducerFencedError);
    expect(batch.failures.size).to.equal(0);
    expect(transactions.isOutdated, 'no fresh client of its own accord').to.equal(false);
  });

  it('was ended by the broker for its age: that is no fence, and another client goes on', async () => {
    const { transactions } = rig({ ...failing, produce, timeoutMs: -1 });
    const batch = new PackedBatch(records(1));
    await transactions.send(batch);
    expect([...batch.failures.keys()]).to.deep.equal([0]);
    expect(transactions.isOutdated).to.equal(true);
    const next = await transactions.send(new PackedBatch(records(1))).catch((reason: unknown) => reason);
    expect(next).to.be.instanceOf(TransientSendError).and.include({ needsReset: true });
  });

  it('was ended by the broker while the machine slept, when only the wall clock goes on: that is no fence either', async () => {
    const asleep = sinon.useFakeTimers({ toFake: ['Date'] });
    try {
      const slept = (batch: Batch) => {
        produce(batch);
        asleep.setSystemTime(Date.now() + 120_000);
      };
      const { transactions } = rig({ ...failing, produce: slept });
      await transactions.send(new PackedBatch(records(1)));
      expect(transactions.isOutdated).to.equal(true);
    } finally {
      asleep.restore();
    }
  });
});

describe('a client that is prepared', () => {
  /** `rd_kafka_init_transactions` fails on a client that is ready. */
  const initialised = (answers: number[]) => {
    const { client } = scripted();
    let calls = 0;
    const init = async () => answers[calls++] ?? INVALID_STATE;
    Object.assign(client.native.transactions, { init });
    const context = { client, timeoutMs: 1, transactionalId: 'orders-0', run: '00ff00ff00ff00ff' };
    const memory = new TransactionMemory();
    const rest = {
      memory,
      readMarks: async () => [],
      produce: async () => {},
      recall: () => {},
      purge: () => {},
      knownBrokers: () => [],
      brokers: async () => ({ ids: [], isComplete: true }),
      warn: () => {},
    };
    return { transactions: new Transactions({ ...context, ...rest }), calls: () => calls };
  };

  it('is not initialised twice, where it was ready at once', async () => {
    const { transactions, calls } = initialised([0]);
    await transactions.prepare();
    await transactions.init(new AbortController().signal);
    expect(calls()).to.equal(1);
  });

  it('is initialised in the end, where it was not', async () => {
    const { transactions, calls } = initialised([NO_COORDINATOR, 0]);
    await transactions.prepare();
    await transactions.init(new AbortController().signal);
    expect(calls()).to.equal(2);
  });
});

describe('a transaction without permission for its id', () => {
  it('says what to do about it, and wants a reset', async () => {
    const { transactions } = rig({ failures: [ID_FORBIDDEN], abort: ID_FORBIDDEN, fatal: ID_FORBIDDEN });
    const error = await transactions.send(new PackedBatch(records(1))).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(TransientSendError).and.include({ needsReset: true });
    expect((error as Error).message).to.match(
      /^no permission to use the transactional id 'orders-0': have WRITE and DESCRIBE on it granted/,
    );
    expect(transactions.isOutdated).to.equal(false);
  });
});

describe('a transaction whose messages came back without a reason', () => {
  it('blames all of them where the broker refuses one for good and does not say which', async () => {
    const { transactions } = rig({ failures: [TOPIC_FORBIDDEN] });
    const batch = new PackedBatch(records(2));
    await transactions.send(batch);
    expect([...batch.failures.keys()]).to.deep.equal([0, 1]);
    expect(batch.failures.get(0)).to.be.instanceOf(PermanentSendError).and.include({ condemns: 'set' });
    expect(transactions.isBroken).to.equal(false);
  });

  it('blames none of them where it may pass, and says why', async () => {
    const { transactions } = rig({ failures: [NO_COORDINATOR] });
    const batch = new PackedBatch(records(2));
    const error = await transactions.send(batch).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(TransientSendError).and.include({ message: 'code 15' });
    expect(batch.failures.size).to.equal(0);
    expect(transactions.isBroken).to.equal(false);
  });

  it('is tried again at once where its sequence numbers were not expected', async () => {
    const { transactions, calls } = rig({ failures: [OUT_OF_ORDER, NO_COORDINATOR] });
    const error = await transactions.send(new PackedBatch(records(1))).catch((reason: unknown) => reason);
    expect(error).to.include({ message: 'code 15' });
    expect(calls).to.deep.equal(['begin', 'abort', 'begin', 'abort']);
  });

  it('is not tried for ever', async () => {
    const { transactions, calls } = rig({ failures: [OUT_OF_ORDER] });
    const error = await transactions.send(new PackedBatch(records(1))).catch((reason: unknown) => reason);
    expect(error).to.include({ message: 'code 45' });
    expect(calls.filter((call) => call === 'begin')).to.have.lengthOf(3);
  });
});

describe('a transaction that fails while its messages are on their way', () => {
  it('is aborted at once: librdkafka keeps them, and reports nothing', async () => {
    let giveBack = () => {};
    const held = new Promise<void>((resolve) => {
      giveBack = resolve;
    });
    const { transactions, calls } = rig({
      failures: [NO_COORDINATOR],
      produce: (_, itself) => {
        setImmediate(() => itself.heard('TXNERR [thrd:b:9092/1]: Current transaction failed in state InTransaction'));
        return held;
      },
    });
    const sending = transactions.send(new PackedBatch(records(1))).catch((reason: unknown) => reason);
    while (!calls.includes('abort')) await new Promise(setImmediate);
    giveBack();
    expect(await sending).to.include({ message: 'code 15' });
  });
});

describe('a transaction that gets no answer from a broker that leaves the cluster', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  /** The answer comes when the messages are taken back. */
  function silent(brokers: () => readonly number[]) {
    let giveBack = () => {};
    const held = new Promise<void>((resolve) => {
      giveBack = resolve;
    });
    const made = rig({ brokers, produce: () => held, purge: () => giveBack() });
    const batch = new PackedBatch(records(2));
    return { ...made, batch, giveBack, sending: made.transactions.send(batch) };
  }

  it('is left to a fresh client, which aborts it, and is charged to no message', async () => {
    let brokers = [1, 2, 3];
    const { transactions, calls, warnings, batch, sending, memory } = silent(() => brokers);
    await clock.tickAsync(5000);
    expect(transactions.isBroken, 'all are there').to.equal(false);
    brokers = [1, 3];
    await clock.tickAsync(1000);
    await sending;
    expect(calls).to.deep.equal(['begin', 'purge']);
    expect(transactions.isOutdated).to.equal(true);
    expect(memory.known, 'nothing was committed').to.deep.equal({ count: 0, last: undefined });
    expect([batch.failures.size, batch.deliveredAt.size]).to.deep.equal([0, 0]);
    expect(warnings).to.deep.equal([
      'broker 2 has left the cluster without an answer to a transaction: a fresh client sends it again',
    ]);
  });

  it('goes on where answers come', async () => {
    let brokers = [1, 2, 3];
    const { transactions, giveBack, sending } = silent(() => brokers);
    await clock.tickAsync(2000);
    brokers = [1, 3];
    for (let second = 0; second < 10; second++) {
      transactions.answered();
      await clock.tickAsync(1000);
    }
    expect(transactions.isBroken).to.equal(false);
    giveBack();
    await sending.catch(() => {});
  });
});

describe('topics that a transaction may not write', () => {
  const line = (topic: string, code = TOPIC_FORBIDDEN) =>
    `ADDPARTS [thrd:main]: TxnCoordinator/1: Failed to add partition "${topic}" [3] to transaction: Broker: code ${code}`;
  const deny = (_: Batch, transactions: Transactions) => {
    transactions.heard(line('open', 55)); // not attempted, because of the other ones
    transactions.heard(line('secret'));
    transactions.heard(line('hidden'));
    transactions.heard('TXNERR [thrd:main]: Current transaction failed');
  };
  const topics = ['open', 'secret', 'open', 'hidden', 'secret'];

  it('have all their messages refused at once, each alone, with what to do about it', async () => {
    const { transactions } = rig({ failures: [TOPIC_FORBIDDEN], produce: deny });
    const batch = new PackedBatch(records(5, (index) => topics[index] as string));
    await transactions.send(batch);
    expect([...batch.failures.keys()]).to.have.members([1, 3, 4]);
    for (const error of batch.failures.values()) {
      expect(error)
        .to.be.instanceOf(PermanentSendError)
        .and.include({ condemns: 'message', kafkaCode: TOPIC_FORBIDDEN });
      expect(error.message).to.match(/^Broker: code 29 \(CODE_29, 29\): have WRITE on this topic granted/);
    }
    expect(transactions.isOutdated).to.equal(false);
  });

  it('are not asked for again with what comes right after', async () => {
    const { transactions, calls } = rig({ failures: [TOPIC_FORBIDDEN], produce: deny });
    await transactions.send(new PackedBatch(records(1, () => 'secret')));
    const next = new PackedBatch(records(2, () => 'secret'));
    await transactions.send(next);
    expect([...next.failures.keys()]).to.deep.equal([0, 1]);
    expect(calls).to.deep.equal(['begin', 'abort']);
  });

  it('cost the client where librdkafka cannot abort, and nobody’s outcome: another one goes on at once', async () => {
    const { transactions, memory, calls } = rig({ failures: [TOPIC_FORBIDDEN], abort: INVALID_STATE, produce: deny });
    const batch = new PackedBatch(records(2, (index) => topics[index] as string));
    await transactions.send(batch);
    expect([...batch.failures.keys()]).to.deep.equal([1]);
    expect(transactions.isOutdated).to.equal(true);
    expect(memory.known).to.include({ count: 0 });
    expect(calls).to.deep.equal(['begin', 'abort', 'purge']);
  });
});

describe('a bad message in a transaction', () => {
  /** In each set of a trial there is one message. librdkafka has five of them on their way, and stops after the first refusal. */
  const tryEach = (part: Batch, isBad: (index: number) => boolean) => {
    const indices = members(part);
    const first = indices.findIndex(isBad);
    const answered = first < 0 ? indices : indices.slice(0, first + 5);
    for (const index of answered)
      refuse(new BatchPart(part, { from: index, to: index + 1 }), isBad(index) ? [index] : []);
  };

  /** A broker may take one message of the same size and refuse another one. */
  const COMPRESSED = { 'compression.codec': 'lz4' };

  interface Run {
    /** In the order in which they were refused. */
    readonly found: readonly number[];
    /** What each client was given, in order. */
    readonly clients: readonly { readonly trial: boolean; readonly count: number }[];
    readonly memory: TransactionMemory;
  }

  interface Broker {
    readonly bad: readonly number[];
    /** A set with more messages is too large. */
    readonly most?: number;
    /** The bad ones of a set are named. */
    readonly names?: boolean;
  }

  /** As the driver does: a fresh client goes on with what the last one has left. */
  async function search(batch: PackedBatch, { bad, most, names = false }: Broker): Promise<Run> {
    const memory = new TransactionMemory();
    const clients: { trial: boolean; count: number }[] = [];
    for (let isOver = false; !isOver; ) {
      if (clients.length > 100) throw new Error('the search does not end');
      const trial = memory.search !== undefined;
      const setSize = Math.floor((memory.setBytes ?? 1_000_000) / RECORD);
      const produce = (part: Batch) => {
        const indices = members(part);
        clients.push({ trial, count: indices.length });
        if (trial) return tryEach(part, (index) => bad.includes(index));
        if (most !== undefined && setSize > most && indices.length > most) return refuse(part, indices);
        const named = names ? indices.filter((index) => bad.includes(index)) : [];
        if (named.length < 2) return refuse(part, bad);
        for (const index of indices) batchFailed(part, index, named.includes(index) ? 87 : BYSTANDER);
      };
      const size = memory.setBytes === undefined ? {} : { 'batch.size': String(memory.setBytes) };
      const { transactions } = rig({ memory, produce, properties: { ...(bad.length > 0 && COMPRESSED), ...size } });
      await transactions.send(batch).catch(() => {}); // nothing is committed without a broker
      isOver = !transactions.isOutdated;
    }
    return { found: [...batch.failures.keys()], clients, memory };
  }

  const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
  const trials = ({ clients }: Run) => clients.filter(({ trial }) => trial).length;

  it('is found by the client after the one that had its set refused', async () => {
    const batch = new PackedBatch(records(60));
    const run = await search(batch, { bad: [17] });
    expect(run.found).to.deep.equal([17]);
    expect(trials(run)).to.be.at.most(2);
    expect(batch.failures.get(17)).to.include({ condemns: 'message', kafkaCode: TOO_LARGE });
    expect(batch.failures.get(17)?.message).to.match(/^too large \(MSG_SIZE_TOO_LARGE, 10\): .*'max\.message\.bytes'/);
  });

  it('ends its client, which does not wait for an epoch; its answer is awaited where the log is the first to report it', async () => {
    const { transactions, calls } = rig({
      produce: (part, itself) => {
        itself.heard(
          'TXNERR [thrd:b:9092/1]: Current transaction failed in state InTransaction: ProduceRequest for open [0]',
        );
        return new Promise((resolve) => setTimeout(() => resolve(refuse(part, [1])), 20));
      },
    });
    await transactions.send(new PackedBatch(records(3)));
    expect(calls).to.deep.equal(['begin', 'last abort']);
    expect(transactions.isOutdated).to.equal(true);
  });

  it('does not wait for what librdkafka queues again behind it: that is taken back until it is reported', async () => {
    let taken = 0;
    let giveBack = () => {};
    const { transactions, calls } = rig({
      recall: () => void (++taken > 2 && giveBack()),
      produce: (part) => {
        refuse(new BatchPart(part, { from: 0, to: 1 }), [0]);
        return new Promise<void>((resolve) => {
          giveBack = resolve;
        });
      },
    });
    await transactions.send(new PackedBatch(records(2)));
    expect(taken, 'the third time').to.equal(3);
    expect(calls).to.deep.equal(['begin', 'last abort']);
  });

  it('is found at once where it was alone', async () => {
    const run = await search(new PackedBatch(records(1)), { bad: [0] });
    expect(run.found).to.deep.equal([0]);
    expect(trials(run)).to.equal(0);
  });

  it('is tried first where it is larger than the others', async () => {
    const batch = new PackedBatch(
      records(500).map((record, index) => (index === 333 ? { ...record, value: 'x'.repeat(99) } : record)),
    );
    const run = await search(batch, { bad: [333] });
    expect(run.found).to.deep.equal([333]);
    expect(trials(run)).to.equal(1);
    expect(run.clients[1]?.count, 'messages in the trial').to.be.below(50);
  });

  it('is tried alone with those that the broker names, several in one trial', async () => {
    const bad = [3, 50, 51, 120, 199];
    const run = await search(new PackedBatch(records(200)), { bad, names: true });
    expect(sorted(run.found)).to.deep.equal(bad);
    expect(run.clients.map(({ count }) => count)).to.deep.equal([200, 5, 195]);
  });

  it('is tried alone among those of its set, where in another set several are named: no good message is blamed', async () => {
    // Of a set with one bad message librdkafka reports its code for all of them, named or not.
    const batch = new PackedBatch(records(40));
    const memory = new TransactionMemory();
    const bad = [3, 9, 30];
    const produce = (part: Batch) => {
      if (memory.search !== undefined) return tryEach(part, (index) => bad.includes(index));
      if (!members(part).some((index) => bad.includes(index))) return refuse(part, []);
      for (const index of members(part)) batchFailed(part, index, index < 20 && !bad.includes(index) ? BYSTANDER : 87);
    };
    for (let isOver = false; !isOver; ) {
      const { transactions } = rig({ memory, properties: COMPRESSED, produce });
      await transactions.send(batch).catch(() => {});
      isOver = !transactions.isOutdated;
    }
    expect(sorted([...batch.failures.keys()])).to.deep.equal(bad);
  });

  it('is not looked for among good ones that were too large together: sets become smaller until they are taken', async () => {
    const run = await search(new PackedBatch(records(500)), { bad: [], most: 100 });
    expect(run.found).to.deep.equal([]);
    expect(run.memory.setBytes).to.be.within(RECORD, 100 * RECORD);
    expect(trials(run)).to.be.at.most(3);
  });

  it('is found where a set is too large for the topic as well, and no good message is blamed', async () => {
    const run = await search(new PackedBatch(records(500)), { bad: [333], most: 100 });
    expect(run.found).to.deep.equal([333]);
  });

  for (const every of [2, 5, 50])
    it(`is found among others: one of ${every}, and a trial finds several`, async () => {
      const bad = Array.from({ length: 200 / every }, (_, nth) => nth * every + 1);
      const run = await search(new PackedBatch(records(200)), { bad, names: true });
      expect(sorted(run.found)).to.deep.equal(bad);
      expect(trials(run)).to.be.at.most(Math.ceil(bad.length / 5));
    });

  it('has others that are as large refused without a question, for as long as its topic is not asked again', async () => {
    const memory = new TransactionMemory();
    const { transactions } = rig({ memory, produce: (part) => refuse(part, [0]) });
    await transactions.send(new PackedBatch([{ topic: 'open', value: 'x'.repeat(50) }]));
    const { transactions: next, calls } = rig({ memory, produce: (part) => refuse(part, []) });
    const batch = new PackedBatch([
      { topic: 'open', value: 'x'.repeat(50) },
      { topic: 'open', value: 'x'.repeat(49) },
      { topic: 'other', value: 'x'.repeat(50) },
    ]);
    await next.send(batch).catch(() => {});
    expect([...batch.failures.keys()]).to.deep.equal([0]);
    expect(batch.failures.get(0)).to.include({ condemns: 'message', kafkaCode: TOO_LARGE });
    expect(calls.filter((call) => call === 'begin')).to.have.lengthOf(1);
  });

  it('has none refused without a question where sets are compressed', async () => {
    const memory = new TransactionMemory();
    const { transactions } = rig({ memory, properties: COMPRESSED, produce: (part) => refuse(part, [0]) });
    await transactions.send(new PackedBatch([{ topic: 'open', value: 'x'.repeat(50) }]));
    expect(memory.hasNoRefusals).to.equal(true);
  });
});

describe('a transaction of which a message was taken back in flight', () => {
  it('leaves its client, whose next transaction the message could join when its request comes late', async () => {
    for (const inFlight of [true, false]) {
      const { transactions } = rig({
        produce: (batch) => {
          if (inFlight) transactions.tookBackInFlight();
          batch.failed(0, new TransientSendError('given up'));
        },
      });
      await transactions.send(new PackedBatch(records(1))).catch(() => {});
      expect(transactions.isOutdated).to.equal(inFlight);
    }
  });
});
