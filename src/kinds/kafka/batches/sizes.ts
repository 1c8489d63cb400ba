/** Computes how large a message may be for librdkafka, and the errors for a larger one. */

import { PermanentSendError } from '../../../shared/errors.ts';
import type { Message } from '../../../shared/message/message.ts';

export const MSG_SIZE_TOO_LARGE = 10;

type Properties = Readonly<Record<string, string>>;

/** librdkafka's own defaults. */
const DEFAULT_MESSAGE_BYTES = 1_000_000;
const DEFAULT_QUEUE_KBYTES = 1_048_576;

/** Bytes that librdkafka reserves for the framing of a message: `RD_KAFKAP_MESSAGE_V2_MAX_OVERHEAD`. */
const FRAMING_BYTES = 36;

/** Bytes of a length as a zigzag varint: 7 bits a byte, one bit for the sign. */
const varintBytes = (length: number): number => Math.max(Math.ceil(Math.log2(length * 2 + 1) / 7), 1);

const lengthWithPrefix = (bytes: number): number => bytes + varintBytes(bytes);

const headerBytes = ({ headers }: Message): number =>
  headers.reduce(
    (sum, [name, content]) => sum + lengthWithPrefix(Buffer.byteLength(name)) + lengthWithPrefix(content?.length ?? 0),
    0,
  );

/** Bytes of the message as librdkafka counts them against `message.max.bytes`. */
export const messageBytes = (message: Message): number =>
  FRAMING_BYTES + (message.key?.length ?? 0) + (message.value?.length ?? 0) + headerBytes(message);

/** Bytes that a broker counts for a set in addition to its records. */
const SET_BYTES = 61;
/** Bytes of a record's attributes, and of the differences of its timestamp and offset from those of the set's first record. */
const RECORD_BYTES = 3;

/** Bytes of an uncompressed set that holds this message alone, as a broker counts them. */
export function aloneBytes(message: Message): number {
  const { key, value, headers } = message;
  const content = lengthWithPrefix(key?.length ?? 0) + lengthWithPrefix(value?.length ?? 0);
  return SET_BYTES + lengthWithPrefix(RECORD_BYTES + content + varintBytes(headers.length) + headerBytes(message));
}

/** Whether a client sends sets without compression. */
export const isUncompressed = (properties: Properties): boolean =>
  ['compression.codec', 'compression.type'].every((name) => (properties[name] ?? 'none') === 'none');

export const maxMessageBytes = (properties: Properties): number =>
  Number(properties['message.max.bytes'] ?? DEFAULT_MESSAGE_BYTES);

const queueBytes = (properties: Properties): number =>
  Number(properties['queue.buffering.max.kbytes'] ?? DEFAULT_QUEUE_KBYTES) * 1024;

/** Describes a message that librdkafka refused for its size. No broker has seen it, although the code is a broker's. */
export const tooLargeHere = (message: Message, properties: Properties): string =>
  `Local: Message size too large: ${messageBytes(message)} bytes with key, headers and framing, ` +
  `'max_message_bytes' allows ${maxMessageBytes(properties)}`;

export const TOO_LARGE_HERE =
  "this producer refused it and sent nothing; raise 'max_message_bytes' as far as the topic's 'max.message.bytes' allows";

/** The advice for a broker's refusals of something too large. */
export const TOO_LARGE_THERE =
  "a broker refused it as larger than the topic's 'max.message.bytes'; raise that, or send smaller messages";
export const SET_TOO_LARGE_THERE =
  "a broker refused it as larger than the topic's 'segment.bytes'; raise that, or send smaller messages";

/** The error for a message that does not fit into librdkafka's queue even when that is empty. */
export const largerThanQueue = (message: Message, properties: Properties): PermanentSendError =>
  new PermanentSendError(
    `Local: Message size too large: its value of ${message.value?.length ?? 0} bytes is larger than ` +
      `queue.buffering.max.kbytes, ${queueBytes(properties)} bytes: this producer refused it and sent nothing; ` +
      `'max_message_bytes' (${maxMessageBytes(properties)}) must be smaller than that queue`,
  );
