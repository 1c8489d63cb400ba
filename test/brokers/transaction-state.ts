/** Asks Apache Kafka for the state of a transaction, with a request that kafkajs does not have: DescribeTransactions. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyKafka } from './index.ts';

const DESCRIBE_TRANSACTIONS = 65;
/** The id has never been seen (error 105), or there is no transaction whose end is decided and not yet written. */
const IS_ENDED = /^(?:error 105|Empty|Ongoing|Complete)/;
const ENDED_MS = 60_000;
const PAUSE_MS = 10;
const SIZE_BYTES = 4;
/** In the answer: behind size, correlation id, tags, throttle time and the length of the list. */
const ERROR_AT = 14;
const ID_AT = 16;

/** Resolves when the markers of the last transaction are written, which a broker does after it has acknowledged the commit. */
export async function transactionEnded(kafka: AnyKafka, transactionalId: string): Promise<void> {
  const end = performance.now() + ENDED_MS;
  for (;;) {
    const state = await stateOf(kafka, transactionalId);
    if (IS_ENDED.test(state)) return;
    if (performance.now() > end) throw new Error(`transaction ${transactionalId} is ${state} after ${ENDED_MS} ms`);
    await sleep(PAUSE_MS);
  }
}

/** `CompleteCommit`, `PrepareCommit` and so on; `error N` where the broker does not say. */
async function stateOf({ bootstrapServers }: AnyKafka, transactionalId: string): Promise<string> {
  const [host = '', port] = bootstrapServers.plaintext.split(':');
  const socket = connect(Number(port), host);
  try {
    await once(socket, 'connect');
    socket.write(request(transactionalId));
    let answer = Buffer.alloc(0);
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length >= SIZE_BYTES && answer.length >= SIZE_BYTES + answer.readInt32BE()) break;
    }
    return parse(answer);
  } finally {
    socket.destroy();
  }
}

/** Version 0: a header with a correlation id and no client id, then a list of one id. */
function request(transactionalId: string): Buffer {
  const header = Buffer.from([0, DESCRIBE_TRANSACTIONS, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0]);
  const id = Buffer.from(transactionalId);
  const message = Buffer.concat([header, Buffer.from([2, id.length + 1]), id, Buffer.from([0])]);
  const size = Buffer.alloc(SIZE_BYTES);
  size.writeInt32BE(message.length);
  return Buffer.concat([size, message]);
}

function parse(answer: Buffer): string {
  const error = answer.readInt16BE(ERROR_AT);
  if (error !== 0) return `error ${error}`;
  const stateAt = ID_AT + answer.readUInt8(ID_AT);
  return answer.toString('latin1', stateAt + 1, stateAt + answer.readUInt8(stateAt));
}
