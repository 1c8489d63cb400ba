/** Finds the file in which the class of an instance is defined, by the call stack of its constructor. */

import { fileURLToPath } from 'node:url';

/** Number of stack frames, enough for a long chain of subclasses between the class and ours. */
const FRAMES = 50;

/** Whether a class inherits `module` from a class of another file. Must be called within the constructor. */
export function inheritsOtherFile(Class: object, module: string): boolean {
  const declaring = declaringOf(Class);
  if (declaring === Class || fileOfClass(nameOf(declaring)) !== module) return false;
  const file = fileOfClass(nameOf(Class));
  return file !== undefined && file !== module;
}

/** Returns the class from which `module` is inherited. */
const declaringOf = (Class: object): object =>
  Object.hasOwn(Class, 'module') ? Class : declaringOf(Object.getPrototypeOf(Class));

const nameOf = (Class: object): string => (Class as { readonly name: string }).name;

/** Undefined where the stack does not name the file, as in code that was evaluated. */
function fileOfClass(className: string): string | undefined {
  const frame = frames().find((site) => site.isConstructor() && site.getFunctionName() === className);
  const file = frame?.getFileName() ?? undefined;
  return file === undefined ? undefined : pathOf(file);
}

/** Returns the raw frames, because source maps would name files that were never loaded. */
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

/** Converts a path or a URL to a path, without the query or hash that loaders append. */
export function pathOf(module: string): string {
  return module.startsWith('file:') ? fileURLToPath(module.replace(/[?#].*$/, '')) : module;
}
