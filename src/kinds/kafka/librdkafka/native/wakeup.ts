/** A pipe through which librdkafka's threads wake the event loop, without a timer while idle and without delay. */

import { constants } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { OutspoolError } from '../../../../shared/errors.ts';
import { orUndo } from '../../../../shared/util/or-undo.ts';
import type { Ledger } from '../close/ledger.ts';
import type { Pointer } from './functions.ts';
import type { Native } from './native.ts';

const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_SETFL = 4;
const { O_NONBLOCK } = constants;
/** The value on Linux, on every processor that this driver runs on. */
const O_CLOEXEC = 0o2000000;

export class Wakeup {
  readonly #native: Native;
  readonly #queues = new Set<Pointer>();
  readonly #ledger: Ledger;
  readonly #socket: Socket;
  readonly #writeFd: number;

  /** If it throws, the ledger still names the writing end if that is open. */
  constructor(native: Native, queue: Pointer, ledger: Ledger, onWake: () => void) {
    const { libc } = native;
    this.#native = native;
    this.#ledger = ledger;
    const [readFd, writeFd] = openPipe(native);
    this.#writeFd = writeFd;
    ledger.set('writeFd', writeFd, () => {
      libc.close(readFd);
      libc.close(writeFd);
    });
    // The socket owns the reading end, so a dying thread closes that with its event loop.
    this.#socket = orUndo(
      () => listen(readFd, onWake),
      () => libc.close(readFd),
    );
    orUndo(
      () => this.add(queue),
      () => this.#socket.destroy(),
    );
  }

  /** Lets another queue of the client wake the event loop too. `remove` it before it is destroyed. */
  add(queue: Pointer): void {
    this.#native.rdkafka.queueIoEvent(queue, this.#writeFd, Buffer.from([1]), 1);
    this.#queues.add(queue);
  }

  remove(queue: Pointer): void {
    if (this.#queues.delete(queue)) this.#native.rdkafka.queueIoEvent(queue, -1, null, 0);
  }

  /** Sets whether waiting for librdkafka holds the process open. */
  hold(open: boolean): void {
    if (open) this.#socket.ref();
    else this.#socket.unref();
  }

  close(): void {
    const fd = this.#ledger.take('writeFd');
    if (fd === undefined) return;
    for (const queue of this.#queues) this.remove(queue);
    this.#native.libc.close(fd);
    this.#socket.destroy();
  }
}

/** Opens the pipe close-on-exec, for child processes, and non-blocking, so that a full pipe stops no thread of librdkafka. */
function openPipe({ koffi, libc }: Native): [readFd: number, writeFd: number] {
  const fds = new Int32Array(new ArrayBuffer(8));
  if ((libc.pipe2?.(fds, O_CLOEXEC | O_NONBLOCK) ?? libc.pipe(fds)) !== 0) {
    const why = getSystemErrorName(-koffi.errno());
    throw new OutspoolError(`no pipe for wake-ups could be opened (${why}): too many open files?`);
  }
  const [readFd, writeFd] = fds as unknown as [number, number];
  if (libc.pipe2 !== undefined) return [readFd, writeFd];
  for (const fd of fds) {
    libc.fcntl(fd, F_SETFD, 'int', FD_CLOEXEC);
    libc.fcntl(fd, F_SETFL, 'int', O_NONBLOCK);
  }
  return [readFd, writeFd];
}

function listen(fd: number, onWake: () => void): Socket {
  const callback = (): boolean => {
    onWake();
    return true;
  };
  // One buffer for all wake-ups. The constructor takes `onread`, which its types lack.
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    fd,
    readable: true,
    writable: false,
    onread: { buffer: Buffer.alloc(64), callback },
  };
  const socket = new Socket(options);
  socket.on('error', () => {}); // both ends of the pipe belong to this process, so its errors carry no news
  socket.resume();
  return socket;
}
