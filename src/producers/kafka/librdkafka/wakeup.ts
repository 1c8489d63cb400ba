/** A pipe through which librdkafka's threads wake the event loop: no timer while idle, no delay when something comes. */

import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { OutspoolError } from '../../../errors.ts';
import type { Pointer } from './functions.ts';
import type { Ledger } from './ledger.ts';
import type { Native } from './native.ts';

const F_SETFL = 4;
const O_NONBLOCK = process.platform === 'darwin' ? 0x4 : 0x800;

export class Wakeup {
  readonly #native: Native;
  readonly #queue: Pointer;
  readonly #ledger: Ledger;
  readonly #socket: Socket;

  constructor(native: Native, queue: Pointer, ledger: Ledger, onWake: () => void) {
    this.#native = native;
    this.#queue = queue;
    this.#ledger = ledger;
    const [readFd, writeFd] = openPipe(native, ledger);
    this.#socket = listen(readFd, onWake);
    // From here on the socket owns the reading end: a dying thread closes it with its event loop.
    ledger.take('readFd');
    native.rdkafka.queueIoEvent(queue, writeFd, Buffer.from([1]), 1);
  }

  /** Whether waiting for librdkafka holds the process open. */
  hold(open: boolean): void {
    if (open) this.#socket.ref();
    else this.#socket.unref();
  }

  close(): void {
    const fd = this.#ledger.take('writeFd');
    if (fd === undefined) return;
    this.#native.rdkafka.queueIoEvent(this.#queue, -1, null, 0);
    this.#native.libc.close(fd);
    this.#socket.destroy();
  }
}

function openPipe({ libc }: Native, ledger: Ledger): [number, number] {
  const fds = new Int32Array(new ArrayBuffer(8));
  if (libc.pipe(fds) !== 0) throw new OutspoolError('no pipe could be opened: too many open files?');
  const [readFd, writeFd] = fds as unknown as [number, number];
  ledger.set('readFd', readFd);
  ledger.set('writeFd', writeFd);
  // A full pipe must not hold up librdkafka's threads.
  libc.fcntl(writeFd, F_SETFL, 'int', O_NONBLOCK);
  return [readFd, writeFd];
}

function listen(fd: number, onWake: () => void): Socket {
  const callback = (): boolean => {
    onWake();
    return true;
  };
  // One buffer for all wake-ups. The constructor takes `onread`; its types do not say so.
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    fd,
    readable: true,
    writable: false,
    onread: { buffer: Buffer.alloc(64), callback },
  };
  const socket = new Socket(options);
  socket.on('error', () => {}); // the pipe's other end is ours: there is nothing to learn
  socket.resume();
  return socket;
}
