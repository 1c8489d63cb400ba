import { expect } from 'chai';
import fc from 'fast-check';
import type sinon from 'sinon';
import { InvalidMessageError, ProducerClosedError, QueueFullError } from '../../../../src/shared/errors.ts';
import type { Message, MessageInput } from '../../../../src/shared/message/message.ts';
import type { Batch } from '../../../../src/shared/transport.ts';
import { EngineRig, HeldTransport } from '../../../support/engine-rig.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { type Hostile, hostileBytes, resizable, TAMPERS, type Tamper } from '../../../support/hostile-messages.ts';
import { ScriptedTransport } from '../../../support/scripted-transport.ts';

const PLAIN = { isError: false, report: false };

/** Keeps what arrives as it is. */
class Keeping extends ScriptedTransport {
  readonly got: Message[] = [];

  override async _sendBatch(batch: Batch): Promise<void> {
    for (let index = 0; index < batch.size; index++) {
      this.got.push(batch.message(index));
      batch.delivered(index);
    }
  }
}

const hex = (bytes: Uint8Array | null | undefined) => bytes && Buffer.from(bytes).toString('hex');

/** When code of the caller runs: `before` any part of the message is read, `during`, or `after` all bytes are. */
type Moment = 'key' | 'value' | 'headers' | 'timestamp';

interface Plan {
  readonly key: Hostile;
  readonly value: Hostile;
  readonly header: Hostile;
  readonly asObject: boolean;
  readonly tamper: Tamper;
  readonly moment: Moment;
  readonly action: 'none' | 'produce' | 'throw';
}

const plan: fc.Arbitrary<Plan> = fc.record({
  key: hostileBytes,
  value: hostileBytes,
  header: hostileBytes,
  asObject: fc.boolean(),
  tamper: fc.constantFrom(...Object.values(TAMPERS)),
  moment: fc.constantFrom<Moment[]>('key', 'value', 'headers', 'timestamp'),
  action: fc.constantFrom('none', 'none', 'produce', 'throw'),
});

/** What a message gave when it was asked. */
type Given = Partial<Record<'key' | 'value', string | null | undefined>>;

/** Of bytes that may arrive. */
const given = ({ part, bytes }: Hostile) => (bytes === undefined ? undefined : hex(new Uint8Array(part as Uint8Array)));

/** A message that does what the plan says while it is read; `run` is called then. */
function messageOf({ key, value, header, asObject, moment }: Plan, noted: Given, run: () => void): MessageInput {
  const runs = (at: Moment) => at === moment && run();
  const json = () => ({
    toJSON: () => {
      runs('value');
      return { n: 1 };
    },
  });
  return {
    get key() {
      runs('key');
      noted.key = given(key);
      return key.part as Uint8Array;
    },
    get value() {
      if (!asObject) runs('value');
      noted.value = asObject ? hex(Buffer.from('{"n":1}')) : given(value);
      return asObject ? json() : (value.part as Uint8Array);
    },
    get headers() {
      runs('headers');
      return { h: header.part as Uint8Array };
    },
    get timestamp() {
      runs('timestamp');
      return 5;
    },
  };
}

describe('whatever a message of the caller does', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  it('it is refused, or arrives as it was at the call; those around it are untouched, and the counters are right', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { minLength: 1, maxLength: 5 }), async (plans) => {
        const transport = new Keeping();
        const { engine } = new EngineRig(transport);
        const expected: (string | null | undefined)[][] = [];
        const produce = (text: string) => {
          engine.accept({ key: text, value: text }, PLAIN);
          expected.push([hex(Buffer.from(text)), hex(Buffer.from(JSON.stringify(text)))]);
        };
        for (const [index, one] of plans.entries()) {
          const run = () => {
            for (const part of [one.key, one.value, one.header]) one.tamper(part.part);
            if (one.action === 'produce') produce(`within ${index}`);
            if (one.action === 'throw') throw null;
          };
          const value = one.asObject || one.value.bytes;
          const noted: Given = {};
          let isTaken = true;
          try {
            engine.accept(messageOf(one, noted, run), PLAIN);
          } catch (error) {
            expect(error).to.be.instanceOf(InvalidMessageError);
            isTaken = false;
          }
          const isGood = one.action !== 'throw' && [one.key.bytes, value, one.header.bytes].every((part) => part);
          if (one.tamper === TAMPERS.nothing) expect(isTaken).to.equal(isGood);
          if (isTaken) expected.push([noted.key, noted.value]);
          produce(`after ${index}`);
        }
        expect(engine.stats()).to.include({ accepted: expected.length, pending: expected.length });
        await clock.tickAsync(50);
        expect(transport.got.map((message) => [hex(message.key), hex(message.value)])).to.deep.equal(expected);
        expect(engine.stats()).to.include({ delivered: expected.length, pending: 0 });
      }),
      { numRuns: 300 },
    );
  });

  it('a message that was shut down by its own code is not accepted', async () => {
    const { engine } = new EngineRig();
    const value = {
      toJSON: () => {
        void engine.shutdown(100);
        return 1;
      },
    };
    expect(() => engine.accept({ value }, PLAIN)).to.throw(ProducerClosedError);
    await clock.tickAsync(1000);
    expect(engine.stats()).to.include({ accepted: 0, pending: 0, state: 'closed' });
  });

  it('a Proxy whose fields change between reads is read once', async () => {
    const transport = new Keeping();
    const { engine } = new EngineRig(transport);
    let reads = 0;
    const handler: ProxyHandler<object> = { get: (_, name) => (name === 'value' ? [++reads] : undefined) };
    engine.accept(new Proxy({ value: 0 }, handler) as MessageInput, PLAIN);
    await clock.tickAsync(10);
    expect(transport.got.map((message) => message.json())).to.deep.equal([[1]]);
  });

  it('a message goes once, and the next one has its own report', async () => {
    const { engine } = new EngineRig();
    const gone = Uint8Array.of(1);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(() => engine.accept({ value: gone }, PLAIN)).to.throw(InvalidMessageError, 'value: the memory');
    const sent = engine.send({ value: 'next' }, { isError: false }, {});
    await clock.tickAsync(10);
    expect((await sent).message.json()).to.equal('next');
    expect(engine.stats()).to.include({ accepted: 1, delivered: 1, pending: 0 });
  });
});

describe('a message that waits for room', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  class Held extends HeldTransport {
    readonly got: Message[] = [];
    override async _send(isError: boolean, message: Message): Promise<void> {
      this.got.push(message);
      if (message.value?.[0] !== 1) await super._send(isError, message);
    }
  }

  for (const how of ['enqueue', 'send'] as const)
    for (const waitsBehind of [false, true])
      it(`is what it was at the call of ${how}${waitsBehind ? ', also behind others' : ''}`, async () => {
        const transport = new Held();
        const { engine } = new EngineRig(transport, { whenFull: 'block', maxMessages: 1 });
        engine.accept({ value: 0 }, PLAIN);
        await clock.tickAsync(1);
        if (waitsBehind) void engine.acceptWhenRoom({ value: 1 }, PLAIN, {});
        const memory = resizable(3, 8);
        const [key, value] = [new Uint8Array(memory).fill(1), new Uint8Array(new SharedArrayBuffer(2)).fill(1)];
        const header = Uint8Array.of(1);
        const message = { key, value, headers: { h: header } };
        if (how === 'enqueue') void engine.acceptWhenRoom(message, PLAIN, {});
        else void engine.send(message, { isError: false }, {});
        memory.resize(0);
        for (const part of [value, header]) part.fill(9);
        transport.release();
        await clock.tickAsync(100);
        const got = transport.got.at(-1);
        expect([hex(got?.key), hex(got?.value), hex(got?.headers[0]?.[1])]).to.deep.equal(['010101', '0101', '01']);
        expect(engine.stats()).to.include({ pending: 0 });
      });

  it('is refused at once where it can never fit, however full the queue is, and nothing is dropped for it', async () => {
    for (const whenFull of ['reject', 'block', 'drop_newest', 'drop_oldest'] as const) {
      const transport = new HeldTransport();
      const { engine } = new EngineRig(transport, { whenFull, maxMessages: 3, maxBytes: 200_000 });
      for (let value = 0; value < 3; value++) engine.accept({ value }, PLAIN);
      expect(() => engine.accept({ value: 'x'.repeat(300_000) }, PLAIN), whenFull).to.throw(InvalidMessageError);
      expect(engine.stats(), whenFull).to.include({ accepted: 3, pending: 3, dropped: 0 });
    }
  });
});

describe('drop_oldest', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = fakeClock();
  });
  afterEach(() => clock.restore());

  it('drops nothing for a message that then has no room all the same', async () => {
    const { engine } = new EngineRig(new HeldTransport(), { whenFull: 'drop_oldest', maxBytes: 256 * 1024 });
    for (let value = 0; value < 3; value++) engine.accept({ value: `${value}${'x'.repeat(60_000)}` }, PLAIN);
    await clock.tickAsync(1); // leased: their memory is not to be had
    for (let value = 0; value < 5; value++) engine.accept({ value }, PLAIN);
    engine.accept({ value: 'y'.repeat(150_000) }, PLAIN);
    expect(engine.stats()).to.include({ accepted: 9, pending: 8, dropped: 1 });
  });

  it('tells a listener when the newer message is in: what it produces is a message of its own', async () => {
    const transport = new Keeping();
    let within = 0;
    const value = Uint8Array.of(7);
    const rig: EngineRig = new EngineRig(transport, {
      whenFull: 'drop_oldest',
      maxMessages: 1,
      listeners: [
        (error) => {
          if (error === null || within++ > 0) return;
          value.fill(9);
          rig.engine.accept({ key: 'listener', value: 'within' }, PLAIN);
        },
      ],
    });
    rig.engine.accept({ key: 'old', value: 'old' }, PLAIN);
    rig.engine.accept({ topic: 'new', value }, PLAIN);
    expect(rig.engine.stats()).to.include({ accepted: 2, dropped: 1, pending: 1 });
    await clock.tickAsync(10);
    const { accepted, dropped, delivered, pending } = rig.engine.stats();
    expect({ accepted, pending, settled: dropped + delivered }).to.deep.equal({ accepted: 3, pending: 0, settled: 3 });
    for (const message of transport.got)
      expect([message.topic, hex(message.key), hex(message.value)]).to.be.deep.oneOf([
        ['new', null, '07'],
        ['rig', hex(Buffer.from('listener')), hex(Buffer.from('"within"'))],
      ]);
  });
});

describe('memory that cannot be had', () => {
  const real = globalThis.SharedArrayBuffer;
  afterEach(() => {
    globalThis.SharedArrayBuffer = real;
  });

  /** As the system says it. */
  const refuseMemory = () => {
    globalThis.SharedArrayBuffer = class {
      constructor() {
        throw new RangeError('Array buffer allocation failed');
      }
    } as unknown as SharedArrayBufferConstructor;
  };

  for (const whenFull of ['reject', 'block', 'drop_newest', 'drop_oldest'] as const)
    it(`refuses the message and changes nothing (${whenFull})`, async () => {
      const clock = fakeClock();
      try {
        const transport = new Keeping();
        const { engine } = new EngineRig(transport, { whenFull, maxBytes: 256 * 1024 });
        engine.accept({ value: 'first' }, PLAIN);
        refuseMemory();
        const large = { value: 'x'.repeat(100_000) };
        expect(() => engine.accept(large, PLAIN)).to.throw(QueueFullError, 'no memory');
        expect(() => engine.accept({ value: 'y'.repeat(150_000) }, PLAIN)).to.throw(QueueFullError, 'no memory');
        expect(engine.stats()).to.include({ accepted: 1, pending: 1, dropped: 0 });
        engine.accept({ value: 'second' }, PLAIN);
        globalThis.SharedArrayBuffer = real;
        for (let round = 0; round < 5; round++) {
          engine.accept(large, PLAIN);
          await clock.tickAsync(10);
        }
        expect(transport.got.map((message) => message.text()?.slice(0, 9))).to.deep.equal([
          '"first"',
          '"second"',
          ...Array.from({ length: 5 }, () => '"xxxxxxxx'),
        ]);
        expect(engine.stats()).to.include({ accepted: 7, delivered: 7, pending: 0 });
      } finally {
        clock.restore();
      }
    });
});
