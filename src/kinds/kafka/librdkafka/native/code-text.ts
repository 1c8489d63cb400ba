/** What librdkafka says about one of its codes. Of a client that has given up, it is the reason why. */

import { type CodeText, FATAL, fatalReason } from '../../errors/errors.ts';
import { textOf } from '../inspect/inspection.ts';
import type { Client } from './client.ts';
import { NativeMemory } from './memory.ts';

const TEXT_BYTES = 512;

export function codeText(client: Client, code: number): CodeText {
  const { rdkafka } = client.native;
  const reason = code === FATAL ? fatalText(client) : undefined;
  return { code, name: rdkafka.errorName(code), text: reason ?? rdkafka.errorText(code) };
}

/** Why the client has given up; undefined while it has not. */
export function fatalText({ native, handle, closed }: Client): string | undefined {
  const memory = new NativeMemory(native.koffi, TEXT_BYTES);
  if (closed || native.rdkafka.fatalError(handle, memory.address, TEXT_BYTES) === 0) return undefined;
  return fatalReason(textOf(Buffer.from(memory.bytes)));
}
