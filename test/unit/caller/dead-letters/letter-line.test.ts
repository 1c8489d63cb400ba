import { expect } from 'chai';
import fc from 'fast-check';
import { leftoverDeadLetter } from '../../../../src/caller/dead-letters/dead-letter.ts';
import { deadLetterFrom, deadLetterLine } from '../../../../src/caller/dead-letters/letter-line.ts';
import { pathText } from '../../../../src/config/report/redact.ts';
import { letterOf, messageWith } from '../../../support/letters.ts';

const bytes = fc.option(
  fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  ),
  { nil: null },
);
const name = fc.string({ unit: 'binary', minLength: 1 }).map((text) => Buffer.from(text).toString());

const parts = fc.record({
  topic: name,
  key: bytes,
  value: bytes,
  headers: fc.array(fc.tuple(name, bytes), { maxLength: 4 }),
  partition: fc.option(fc.nat(), { nil: null }),
  timestamp: fc.option(fc.maxSafeNat(), { nil: null }),
  isError: fc.boolean(),
});

const plain = (letter: object) => JSON.parse(JSON.stringify(letter));

describe('a dead letter as a line', () => {
  it('comes back as it was, whatever bytes are in it', () => {
    fc.assert(
      fc.property(parts, (some) => {
        const letter = letterOf(some);
        const line = deadLetterLine(letter);
        expect(line).to.satisfy((text: string) => ![...text].some((char) => '\n\r\u0018'.includes(char)));
        const read = deadLetterFrom(JSON.parse(line)).letter;
        const { message } = letter;
        for (const part of ['key', 'value'] as const)
          expect(Buffer.from(read?.message[part] ?? []).equals(Buffer.from(message[part] ?? []))).to.equal(true);
        expect(read?.message.value === null).to.equal(message.value === null);
        expect(plain(read?.message.headers ?? [])).to.deep.equal(
          plain(message.headers.map(([header, value]) => [header, value && Buffer.from(value)])),
        );
        const { topic, partition, timestamp, isError } = message;
        expect(read?.message).to.include({ topic, partition, timestamp, isError });
        expect(read).to.include({ id: letter.id, at: letter.at, producer: letter.producer, reason: letter.reason });
      }),
    );
  });

  it('shows what is text as text, and what is not as base64, unambiguously', () => {
    const line = (value: Uint8Array | null) => JSON.parse(deadLetterLine(letterOf({ value }))).message.value;
    expect(line(Buffer.from('{"a":1}'))).to.equal('{"a":1}');
    expect(line(Buffer.from('{"base64":"AA=="}'))).to.equal('{"base64":"AA=="}');
    expect(line(Buffer.from([0xff, 0x00]))).to.deep.equal({ base64: '/wA=' });
    expect(line(Buffer.from('\uFEFFwith a mark'))).to.equal('\uFEFFwith a mark');
    expect(line(Buffer.alloc(0))).to.equal('');
    expect(line(null)).to.equal(null);
  });

  it('keeps name, message, code and details of each attempt, without stacks and causes', () => {
    const error = {
      name: 'E',
      message: 'm',
      code: 'C',
      details: { kafkaCode: 10 },
      stack: '/home/me',
      cause: { name: 'X', message: 'y' },
    };
    const letter = { ...letterOf(), attempts: [{ at: 0, error }] };
    expect(JSON.parse(deadLetterLine(letter)).attempts).to.deep.equal([
      { time: '1970-01-01T00:00:00.000Z', error: { name: 'E', message: 'm', code: 'C', details: { kafkaCode: 10 } } },
    ]);
    expect(deadLetterFrom(JSON.parse(deadLetterLine(letter))).letter?.attempts[0]?.error.details).to.deep.equal({
      kafkaCode: 10,
    });
  });

  it('of a message that a shutdown has left has no attempts', () => {
    const letter = leftoverDeadLetter({ producer: 'p', message: messageWith() }, new Error('ended'));
    expect(deadLetterFrom(JSON.parse(deadLetterLine(letter))).letter).to.deep.include({
      attempts: [],
      reasonClass: 'shutdown',
    });
  });

  it('says where a line is no letter, and what it should be', () => {
    const good = JSON.parse(deadLetterLine(letterOf()));
    const problem = (change: object, message: object = {}) => {
      const { findings = [] } = deadLetterFrom({ ...good, ...change, message: { ...good.message, ...message } });
      return findings.map(({ path, message: text }) => `${pathText(path)}: ${text}`);
    };
    expect(problem({})).to.deep.equal([]);
    expect(problem({ v: 2 })).to.deep.equal(['v: expected version 1 of the format, got 2']);
    expect(problem({ time: 'yesterday' })[0]).to.contain(
      "time: expected a time such as 2026-01-31T12:00:00.000Z, got text 'yesterday'",
    );
    expect(problem({ extra: 1 })[0]).to.equal("extra: unknown key 'extra'");
    expect(problem({ reasonClass: 'poison' })[0]).to.contain(
      'reasonClass: expected one of permanent, suspect, crash, shutdown',
    );
    expect(problem({}, { value: { base64: 'AB' } })[0]).to.contain('message.value');
    expect(problem({}, { value: { base64: 'A' } })).to.have.lengthOf(1);
    expect(problem({}, { key: 5 })[0]).to.equal('message.key: expected text, {"base64": …} or null, got 5');
    expect(problem({}, { value: '\ud800' })).to.have.lengthOf(1);
    expect(deadLetterFrom(5).letter).to.equal(undefined);
    expect(deadLetterFrom(null).findings).to.have.lengthOf(1);
  });

  it('never throws, whatever JSON it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(deadLetterFrom(json).letter).to.equal(undefined);
      }),
    );
    const good = JSON.parse(deadLetterLine(letterOf()));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(good)), fc.jsonValue(), (field, json) => {
        const { letter, findings } = deadLetterFrom({ ...good, [field]: json });
        expect(letter === undefined).to.equal((findings?.length ?? 0) > 0);
      }),
    );
  });
});
