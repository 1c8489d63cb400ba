/** A sink that a test plays: what becomes of each message is in its hands. */

import type { LineMessage } from '../../src/pipe/lines/envelope.ts';
import type { HandOptions, Sink } from '../../src/pipe/sink.ts';
import type { MessageInput } from '../../src/shared/message/message.ts';

export interface GivenMessage extends HandOptions {
  readonly message: MessageInput;
  readonly text: string;
}

export class ScriptedSink implements Sink {
  /** Every message that was handed over, in order. */
  readonly given: GivenMessage[] = [];
  hasRoomNow = true;
  /** What becomes of a message; it is delivered unless this throws. */
  fate: (given: GivenMessage) => Promise<unknown> = async () => {};

  get texts(): string[] {
    return this.given.map(({ text }) => text);
  }

  async enqueue(message: MessageInput, options: HandOptions): Promise<unknown> {
    return this.send(message, options);
  }

  async send(message: MessageInput, options: HandOptions): Promise<unknown> {
    const given = { message, text: message.value === null ? 'null' : String(message.value), ...options };
    this.given.push(given);
    return this.fate(given);
  }

  async hasRoom(_line: LineMessage): Promise<boolean> {
    return this.hasRoomNow;
  }
}
