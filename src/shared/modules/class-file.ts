/** In which file the class of an instance is defined, as far as the call stack of its constructor says. */

import { fileURLToPath } from 'node:url';

/** Deep enough for a long chain of subclasses between the class and ours. */
const FRAMES = 50;

/**
 * Whether a class inherits as its `module` the file of the class that declares it, and is defined in another file. A module that
 * is neither's file may export both. To be called within the constructor.
 */
export function inheritsOtherFile(Class: object, module: string): boolean {
  const declaring = declaringOf(Class);
  if (declaring === Class || fileOfClass(nameOf(declaring)) !== module) return false;
  const file = fileOfClass(nameOf(Class));
  return file !== undefined && file !== module;
}

/** The class that `module` is inherited from. */
const declaringOf = (Class: object): object =>
  Object.hasOwn(Class, 'module') ? Class : declaringOf(Object.getPrototypeOf(Class));

const nameOf = (Class: object): string => (Class as { readonly name: string }).name;

/** Undefined where the stack does not say, as in code that was evaluated. */
function fileOfClass(className: string): string | undefined {
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
