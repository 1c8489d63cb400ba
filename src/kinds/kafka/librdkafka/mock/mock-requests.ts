/** Counts the requests that a mock cluster has received. It needs librdkafka 2.3 or newer. */

import type { Pointer } from '../native/functions.ts';
import { NativeMemory, readLong } from '../native/memory.ts';
import type { Native } from '../native/native.ts';

const P = 'uint64_t';
const POINTER_BYTES = 8;

export class MockRequests {
  readonly #native: Native;
  readonly #cluster: Pointer;
  readonly #functions: ReturnType<typeof bindRequests>;

  /** Starts counting. The cluster records each request until it ends. */
  constructor(native: Native, cluster: Pointer) {
    this.#native = native;
    this.#cluster = cluster;
    this.#functions = bindRequests(native);
    this.#functions.start(cluster);
  }

  count(api: number): number {
    const { koffi } = this.#native;
    const { get, apiKey, destroy } = this.#functions;
    const length = new NativeMemory(koffi, POINTER_BYTES);
    const list = get(this.#cluster, length.address);
    const size = readLong(length.words, 0);
    if (size === 0) return 0;
    const requests: bigint[] = koffi.decode(list, P, size);
    const found = requests.filter((request) => apiKey(Number(request)) === api).length;
    destroy(list, size);
    return found;
  }
}

function bindRequests({ koffi, path }: Native) {
  const library = koffi.load(path);
  const f = <F extends (...args: never[]) => unknown>(name: string, result: string, args: string[]): F =>
    library.func(`rd_kafka_mock_${name}`, result, args) as unknown as F;
  return {
    start: f<(cluster: Pointer) => void>('start_request_tracking', 'void', [P]),
    get: f<(cluster: Pointer, count: Pointer) => Pointer>('get_requests', P, [P, P]),
    apiKey: f<(request: Pointer) => number>('request_api_key', 'int16_t', [P]),
    destroy: f<(requests: Pointer, count: number) => void>('request_destroy_array', 'void', [P, 'size_t']),
  };
}
