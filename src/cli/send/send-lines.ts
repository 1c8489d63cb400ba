/** Passes lines to a producer no faster than it delivers them. */

import { type DurationInput, exactly } from '../../caller/wait-options.ts';
import { BadLineError, type Place } from '../../pipe/lines/bad-line.ts';
import type { Line } from '../../pipe/lines/lines.ts';
import { type KeyOptions, messageOf } from '../../pipe/lines/parse-line.ts';
import type { AnyProducer } from '../../runtime.ts';
import { InvalidMessageError, OutspoolError, QueueFullError } from '../../shared/errors.ts';
import type { MessageInput } from '../../shared/message/message.ts';
import { wrongAt } from '../process/exit.ts';
import type { Input } from './input.ts';

/** Flags that all messages of the command share. */
export interface MessageFlags extends KeyOptions {
  readonly topic?: string;
}

export interface FeedOptions extends MessageFlags {
  /** Returns the time, in ms, for which the queue may stay full from now on. */
  readonly capacityMs: () => number;
  readonly signal: AbortSignal;
}

/** The queue of the producer stayed full for all of the time. */
export class NoCapacityError extends OutspoolError {}

/** Reads until the input ends. @throws BadLineError at the first bad line; the lines before it have been accepted */
export async function feed(producer: AnyProducer, { name, lines }: Input, options: FeedOptions): Promise<void> {
  let any = false;
  for await (const some of lines)
    for (const line of some) {
      any = true;
      const message = toMessage(line, name, options);
      const put = () => attempt(producer, message, { file: name, line: line.number, column: 1 });
      // Waits only if it must, because a promise for each line would cost more than the line.
      const room = put();
      if (room !== 'plenty') await waitForRoom(producer, room === 'none' ? put : undefined, options);
    }
  if (!any) throw nothingIn(name);
}

export const nothingIn = (file: string): Error =>
  wrongAt({ file, line: 1, column: 1 }, 'no message: expected one JSON value on each line');

export function toMessage(line: Line, file: string, options: MessageFlags): MessageInput {
  const { topic } = options;
  return { ...messageOf(line, file, options), ...(topic !== undefined && { topic }) };
}

/** Capacity of the queue; `none` means that the message was not accepted. */
type Room = 'plenty' | 'little' | 'none';

function attempt(producer: AnyProducer, message: MessageInput, at: Place): Room {
  try {
    return producer.produce(message) ? 'plenty' : 'little';
  } catch (error) {
    if (error instanceof QueueFullError) return 'none';
    throw error instanceof InvalidMessageError ? new BadLineError(at, error.message) : error;
  }
}

/** Waits for capacity; a message that is too large for it waits for an empty queue. @throws NoCapacityError at the deadline */
async function waitForRoom(
  producer: AnyProducer,
  again: (() => Room) | undefined,
  options: FeedOptions,
): Promise<void> {
  let timeoutMs = options.capacityMs();
  while (!(await hasRoomWithin(exactly(timeoutMs), { producer, again, signal: options.signal }))) {
    // The first delivery may have happened within the wait, and has then set a longer limit.
    const limitMs = options.capacityMs();
    if (limitMs <= timeoutMs) throw noCapacity(producer, timeoutMs);
    timeoutMs = limitMs;
  }
}

interface Wait {
  readonly producer: AnyProducer;
  readonly again: (() => Room) | undefined;
  readonly signal: AbortSignal;
}

async function hasRoomWithin(timeout: DurationInput, { producer, again, signal }: Wait): Promise<boolean> {
  if (again === undefined) return producer.waitForRoom({ timeout, signal });
  await producer.flush(timeout, { signal });
  return again() !== 'none';
}

function noCapacity({ name }: AnyProducer, timeoutMs: number): NoCapacityError {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return new NoCapacityError(`no room in the queue of producer '${name}' for ${seconds} s: giving up`);
}
