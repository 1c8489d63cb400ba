/** librdkafka's text for one of its codes. For the fatal code of a client, the text is the reason of the fatal error. */

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

/** The reason of the client's fatal error; undefined while it has none. */
export function fatalText({ native, handle, closed }: Client): string | undefined {
  const memory = new NativeMemory(native.koffi, TEXT_BYTES);
  if (closed || native.rdkafka.fatalError(handle, memory.address, TEXT_BYTES) === 0) return undefined;
  return fatalReason(textOf(Buffer.from(memory.bytes)));
}
