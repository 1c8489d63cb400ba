/** A message that was read back. */
export interface ReadMessage {
  /** Null where it has none. An empty key is a Buffer of 0 bytes. */
  readonly key: Buffer | null;
  /** Null in a tombstone. */
  readonly value: Buffer | null;
  /** Headers in order, with repeated names. A header without a value has null. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[];
  readonly partition: number;
  readonly offset: number;
  /** In ms since 1970, when it was produced or stored, as the topic is set up. Undefined where the broker has none. */
  readonly timestamp: number | undefined;
}

export type ReadHeaders = ReadMessage['headers'];

/** Returns a copy that shares no memory with the messages that were read along with this one. */
export const copyOf = (message: ReadMessage): ReadMessage => ({
  ...message,
  key: copied(message.key),
  value: copied(message.value),
  headers: message.headers.map(([name, value]) => [name, copied(value)] as const),
});

const copied = (bytes: Buffer | null): Buffer | null => bytes && Buffer.from(bytes);
