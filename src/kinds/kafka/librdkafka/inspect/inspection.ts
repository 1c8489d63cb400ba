/** Asks librdkafka about properties, without a client: which it knows, which values it accepts, and what it was built with. */

import { OutspoolError } from '../../../../shared/errors.ts';
import { nativeSection } from '../../../../shared/util/native-section.ts';
import type { Pointer } from '../native/functions.ts';
import { binder } from '../native/functions.ts';
import type { Native } from '../native/native.ts';

const P = 'uint64_t';
const OK = 0;
const UNKNOWN = -2;
const TEXT_BYTES = 4096;

export interface Refused {
  readonly name: string;
  /** There is no property of this name. */
  readonly unknown: boolean;
  readonly text: string;
}

type ConfGet = (conf: Pointer, name: string, value: Buffer, size: BigUint64Array) => number;

function bindInspection({ koffi, path }: Native) {
  const library = binder(koffi.load(path));
  const libc = binder(koffi.load(null));
  return {
    get: library<ConfGet>('rd_kafka_conf_get', 'int', [P, 'const char *', 'void *', 'void *']),
    show: library<(file: Pointer) => void>('rd_kafka_conf_properties_show', 'void', [P]),
    openMemory: libc<(at: BigUint64Array, size: BigUint64Array) => Pointer>('open_memstream', P, ['void *', 'void *']),
    closeFile: libc<(file: Pointer) => number>('fclose', 'int', [P]),
    free: libc<(memory: Pointer) => void>('free', 'void', [P]),
  };
}

export class Inspection {
  readonly #native: Native;
  readonly #calls: ReturnType<typeof bindInspection>;

  constructor(native: Native) {
    this.#native = native;
    this.#calls = nativeSection(() => bindInspection(native));
  }

  /** Returns those of `properties` that librdkafka refuses. */
  refused(properties: Readonly<Record<string, string>>): Refused[] {
    return this.#configured({}, (conf) =>
      Object.entries(properties).flatMap(([name, value]) => this.#set(conf, name, value)),
    );
  }

  /** Returns the values of `names`, including defaults, with these properties; undefined where a property has none. */
  effective(properties: Readonly<Record<string, string>>, names: readonly string[]): (string | undefined)[] {
    return this.#configured(properties, (conf) => names.map((name) => this.#get(conf, name)));
  }

  /** The features that this librdkafka was built with: gzip, zstd, ssl, sasl_scram, … */
  features(): ReadonlySet<string> {
    const text = this.#configured({}, (conf) => this.#get(conf, 'builtin.features'));
    return new Set((text ?? '').split(','));
  }

  /** Every property of a producer, including aliases. */
  names(): string[] {
    const rows = [...this.#table().matchAll(/^([\w.]+) +\| +([CP*]) +\|/gm)];
    return [...new Set(rows.filter(([, , who]) => who !== 'C').map(([, name]) => name as string))];
  }

  /** The properties that only consumers have. A producer would accept and ignore them. */
  consumerNames(): string[] {
    const ours = new Set(this.names());
    const rows = [...this.#table().matchAll(/^([\w.]+) +\| +C +\|/gm)];
    return rows.map(([, name]) => name as string).filter((name) => !ours.has(name));
  }

  /** The proper names of properties, by their aliases. */
  aliases(): ReadonlyMap<string, string> {
    const rows = [...this.#table().matchAll(/^([\w.]+) +\|.*\| (?:\*\*DEPRECATED\*\* )?Alias for `([\w.]+)`/gm)];
    return new Map(rows.map(([, alias, name]) => [alias as string, name as string]));
  }

  /** Prints the manual's table. librdkafka's own list of values leaves out properties without a value. */
  #table(): string {
    const [at, size] = [new BigUint64Array(1), new BigUint64Array(1)];
    const file = this.#calls.openMemory(at, size);
    if (file === 0) throw new OutspoolError('no memory for the properties that librdkafka knows');
    try {
      this.#calls.show(file);
    } finally {
      this.#calls.closeFile(file);
    }
    return this.#taken(Number(at[0]), Number(size[0]));
  }

  /** Returns the text and frees its memory. */
  #taken(memory: Pointer, size: number): string {
    const { koffi, libc } = this.#native;
    try {
      const bytes = Buffer.alloc(size);
      libc.memcpy(Number(koffi.address(bytes)), memory, size);
      return bytes.toString('utf8');
    } finally {
      this.#calls.free(memory);
    }
  }

  #configured<T>(properties: Readonly<Record<string, string>>, read: (conf: Pointer) => T): T {
    const { rdkafka } = this.#native;
    const conf = rdkafka.confNew();
    try {
      for (const [name, value] of Object.entries(properties)) this.#set(conf, name, value);
      return read(conf);
    } finally {
      rdkafka.confDestroy(conf);
    }
  }

  #set(conf: Pointer, name: string, value: string): Refused[] {
    const error = Buffer.alloc(TEXT_BYTES);
    const result = this.#native.rdkafka.confSet(conf, name, value, error, error.length);
    return result === OK ? [] : [{ name, unknown: result === UNKNOWN, text: textOf(error) }];
  }

  #get(conf: Pointer, name: string): string | undefined {
    const value = Buffer.alloc(TEXT_BYTES);
    const result = this.#calls.get(conf, name, value, new BigUint64Array([BigInt(value.length)]));
    return result === OK ? textOf(value) : undefined;
  }
}

/** Returns the text up to its NUL, without the line break that librdkafka adds to some texts. */
export function textOf(text: Buffer): string {
  const end = text.indexOf(0);
  return text.toString('utf8', 0, end < 0 ? text.length : end).trimEnd();
}
