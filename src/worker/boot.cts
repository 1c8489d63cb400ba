/**
 * What Piscina loads in the thread. It tries `require()` first, and a thread that is ended while Node requires an ES module
 * takes the whole process with it (an assertion in `CreateRequiredModuleFacade`); `import()` can be ended at any time.
 *
 * The task ends at once, before anything is loaded: a pending one would hold the process open, for as long as a module whose
 * top-level await never ends. What fails is reported, and is an uncaught exception, which ends the thread; `--unhandled-rejections` may say
 * that an unhandled rejection does not.
 */

type Start = typeof import('./entry.ts').default;
type Task = Parameters<Start>[0];
type Crash = import('./entry.ts').Crash;
type WireError = Crash['error'];

const POLL_MS = 5;
/**
 * How often a thread which cannot load looks at its files at most. Each takes a fraction of a millisecond. It is no time, because one
 * that gets little of a busy core reads for longer.
 */
const MOST_LOOKS = 1000;

/** Requests of Node's file system that are under way in this thread, those that close a file among them. */
const isReading = (): boolean =>
  process.getActiveResourcesInfo().some((name) => /^(?:FSReq|FileHandle|CloseReq)/.test(name));

/**
 * Modules are read many at a time. When one cannot be read the others are still open, and would stay so for the life of the process
 * if the thread ended now: where descriptors are what is missing, each attempt would leave fewer of them.
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

/** As in uncaught.ts and entry.ts, which this file cannot import: nothing of ours is loaded here yet. */
function uncaught(port: Task['port'], error: unknown): void {
  port.postMessage({ type: 'crashed', error: wireOf(error) } satisfies Crash);
  process.nextTick(() => {
    throw error;
  });
}

module.exports = (task: Task): void => void boot(task).catch((error: unknown) => uncaught(task.port, error));
