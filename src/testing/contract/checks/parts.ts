/** Headers, keys and tombstones: checks which parts of a message are delivered, left out, or refused. */

import assert from 'node:assert/strict';
import { InvalidMessageError, PublishError } from '../../../shared/errors.ts';
import type { MessageInput } from '../../../shared/message/message.ts';
import type { Bench } from '../bench.ts';
import { assertBalanced, type Check, hex, IMPATIENT, PATIENT, rejection, TIMEOUT_MS } from '../check.ts';
import {
  type Features,
  HEADER_SHAPES,
  type HeaderShape,
  headerSupport,
  KEY_SHAPES,
  type KeyShape,
  keySupport,
  type Support,
} from '../features.ts';
import type { ReceivedMessage } from '../subject.ts';

type HeaderList = [string, string | Uint8Array | null][];

const HEADERS: Readonly<Record<HeaderShape, HeaderList>> = {
  text: [
    ['x-first', 'grüße'],
    ['x-second', 'b'],
  ],
  binary: [['x-binary', Uint8Array.of(0, 255, 128, 10)]],
  empty: [['x-empty', '']],
  null: [['x-null', null]],
  repeated: [
    ['x-repeated', '1'],
    ['x-between', '2'],
    ['x-repeated', '3'],
  ],
};

const KEYS: Readonly<Record<KeyShape, string | Uint8Array>> = {
  text: 'schlüssel-1',
  binary: Uint8Array.of(0, 255, 128, 10),
};

const VALUE = Buffer.from('the value');

const named = (list: HeaderList): (string | null)[][] =>
  list.map(([name, value]) => [name, value === null ? null : hex(Buffer.from(value))]);

/** Returns the headers that the message had, in order. A client may add headers of its own. */
function givenHeaders({ headers }: ReceivedMessage, given: HeaderList): (string | null)[][] {
  const names = new Set(given.map(([name]) => name));
  return headers.filter(([name]) => names.has(name)).map(([name, value]) => [name, hex(value)]);
}

interface Part {
  readonly support: Support | 'empty';
  readonly message: Omit<MessageInput, 'topic'>;
  /** Asserts what a delivered message must be. */
  compare(received: ReceivedMessage): void;
}

/** Sends the message of a part, and asserts that it is delivered or refused. The next message must be delivered either way. */
async function carries(bench: Bench, { support, message, compare }: Part): Promise<void> {
  const subject = await bench.subject({ settings: IMPATIENT });
  const sent = subject.producer.send({ ...message, topic: bench.topic }, { timeout: TIMEOUT_MS });
  if (support === 'refused') assertRefusal(await rejection(sent));
  else {
    await sent;
    compare(await subject.getMessageFromTopic(bench.topic, TIMEOUT_MS));
  }
  await subject.producer.publish(bench.topic, Buffer.from('next'), PATIENT);
  const { value } = await subject.getMessageFromTopic(bench.topic, TIMEOUT_MS);
  assert.equal(hex(value), hex(Buffer.from('next')), 'what was refused has arrived all the same');
  assertBalanced(subject.producer);
}

function assertRefusal(error: Error): void {
  const { outcome } = error as Partial<PublishError>;
  const known = outcome === 'dead_lettered' || outcome === 'dropped';
  assert.ok(
    error instanceof InvalidMessageError || (error instanceof PublishError && known),
    `refused with ${error.name} (${outcome}): expected an InvalidMessageError, or a PublishError with a dead letter`,
  );
}

const HOW: Readonly<Record<string, string>> = {
  true: 'exactly',
  false: 'by leaving them out',
  refused: 'by refusal',
  empty: 'as empty ones',
};

function headerCheck(features: Features, shape: HeaderShape): Check {
  const support = headerSupport(features, shape);
  const headers = HEADERS[shape];
  const given = support === 'empty' ? headers.map(([name]): HeaderList[number] => [name, '']) : headers;
  const expected = support ? named(given) : [];
  const compare = (received: ReceivedMessage) => {
    assert.deepEqual(givenHeaders(received, headers), expected, 'the headers that arrived');
    assert.equal(hex(received.value), hex(VALUE));
  };
  return {
    title: `delivers ${shape} headers ${HOW[String(support)]}`,
    column: 'headers',
    run: (bench) => carries(bench, { support, message: { headers, value: VALUE }, compare }),
  };
}

function keyCheck(features: Features, shape: KeyShape): Check {
  const support = keySupport(features, shape);
  const key = KEYS[shape];
  const compare = (received: ReceivedMessage) => {
    assert.equal(hex(received.key), support ? hex(Buffer.from(key)) : null, 'the key that arrived');
    assert.equal(hex(received.value), hex(VALUE));
  };
  return {
    title: `delivers ${shape} keys ${HOW[String(support)]}`,
    column: 'keys',
    run: (bench) => carries(bench, { support, message: { key, value: VALUE }, compare }),
  };
}

const TOMBSTONES: Readonly<Record<string, string>> = {
  true: 'delivers a tombstone as one',
  false: 'delivers a tombstone as an empty value',
  refused: 'refuses a tombstone',
};

function tombstoneCheck({ tombstones: support, keys }: Features): Check {
  const key = keys === false ? {} : { key: 'k' };
  const compare = ({ value }: ReceivedMessage) => assert.equal(hex(value), support ? null : '');
  return {
    title: TOMBSTONES[String(support)] as string,
    column: 'tombstones',
    run: (bench) => carries(bench, { support, message: { ...key, value: null }, compare }),
  };
}

/** An empty value is delivered, and differs from a tombstone. */
const emptyValueCheck: Check = {
  title: 'delivers an empty value as an empty value',
  column: 'tombstones',
  run: (bench) =>
    carries(bench, {
      support: true,
      message: { value: new Uint8Array() },
      compare: ({ value }) => assert.equal(hex(value), ''),
    }),
};

export const partChecks = (features: Features): readonly Check[] => [
  ...HEADER_SHAPES.map((shape) => headerCheck(features, shape)),
  ...KEY_SHAPES.map((shape) => keyCheck(features, shape)),
  tombstoneCheck(features),
  emptyValueCheck,
];
