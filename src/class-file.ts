/** In which file the class of an instance is defined, as far as the call stack of its constructor says. */

import { fileURLToPath } from 'node:url';

/** Deep enough for a long chain of subclasses between the class and ours. */
const FRAMES = 50;

/** To be called within the constructor. Undefined where the stack does not say, as in code that was evaluated. */
export function fileOfClass(className: string): string | undefined {
  const frame = frames().find((site) => site.isConstructor() && site.getFunctionName() === className);
  const file = frame?.getFileName() ?? undefined;
  return file === undefined ? undefined : pathOf(file);
}

/** Raw frames: source maps would name files that were never loaded. */
function frames(): readonly NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = FRAMES;
    Error.prepareStackTrace = (_error, sites) => sites;
    return new Error().stack as unknown as readonly NodeJS.CallSite[];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Of a path or a URL, without what loaders put behind it. */
export function pathOf(module: string): string {
  return module.startsWith('file:') ? fileURLToPath(module.replace(/[?#].*$/, '')) : module;
}
