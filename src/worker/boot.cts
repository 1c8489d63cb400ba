/**
 * First file that Piscina loads in the worker thread. It is CommonJS because Piscina tries `require()` first. Ending a thread
 * while Node requires an ES module ends the whole process (an assertion in `CreateRequiredModuleFacade`). Ending it during
 * `import()` is safe at any time.
 *
 * The Piscina task ends at once, before anything is loaded. A pending task would keep the process open as long as a module's
 * top-level await, which may never end.
 *
 * A failure to load is reported and then thrown as an uncaught exception, which ends the thread. An unhandled rejection might
 * not end it, because of `--unhandled-rejections`.
 */

type Start = typeof import('./entry.ts').default;
type Task = Parameters<Start>[0];
type Crash = import('./entry.ts').Crash;
type WireError = Crash['error'];

const POLL_MS = 5;
/**
 * Maximum number of checks for open files in a thread that cannot load. Each check takes a fraction of a millisecond. It is a
 * count and not a time, because a thread that gets little of a busy core reads for longer.
 */
const MOST_LOOKS = 1000;

/** Whether file system requests of Node are under way in this thread, including those that close a file. */
const isReading = (): boolean =>
  process.getActiveResourcesInfo().some((name) => /^(?:FSReq|FileHandle|CloseReq)/.test(name));

/**
 * Resolves when no file is open any more. Node reads many modules at a time. If one cannot be read, the others are still open,
 * and would stay open for the life of the process if the thread ended now. If file descriptors are what ran out, each attempt
 * would leave fewer of them.
 */
async function filesClosed(): Promise<void> {
  let looks = 0;
  do await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  while (isReading() && ++looks < MOST_LOOKS);
}

async function boot(task: Task): Promise<void> {
  const { default: start } = await import('./entry.ts').catch(async (error: unknown) => {
    await filesClosed();
    throw error;
  });
  await start(task, filesClosed);
}

const wireOf = (error: unknown): WireError =>
  error instanceof Error
    ? { name: error.name, message: error.message, ...(error.stack !== undefined && { stack: error.stack }) }
    : { name: 'Error', message: String(error) };

/** Does the same as uncaught.ts and entry.ts. This file cannot import them, because none of our modules is loaded here yet. */
function uncaught(port: Task['port'], error: unknown): void {
  port.postMessage({ type: 'crashed', error: wireOf(error) } satisfies Crash);
  process.nextTick(() => {
    throw error;
  });
}

module.exports = (task: Task): void => void boot(task).catch((error: unknown) => uncaught(task.port, error));
