/** Finds a producer's class in the module that defines it. */

import { pathToFileURL } from 'node:url';
import { errorLine } from '../shared/error-text.ts';
import { ConfigError } from '../shared/errors.ts';
import { typescriptAdvice } from '../shared/modules/typescript-module.ts';
import type { ProducerSource } from '../shared/protocol.ts';

/** A producer's class without its types, which exist only on the caller's side. */
export type ProducerClass = new (config: unknown) => unknown;

const isClass = (value: unknown): value is ProducerClass => typeof value === 'function';

const specifier = (module: string): string => (module.startsWith('/') ? pathToFileURL(module).href : module);

/** Returns the class by the name of its export, or the exported class with this class name. @throws ConfigError if there is none */
export async function loadClass({ module, exportName, className }: ProducerSource): Promise<ProducerClass> {
  const namespace = await namespaceOf(module);
  const found = exportName === undefined ? byName(namespace, className) : namespace[exportName];
  if (isClass(found)) return found;
  const wanted = exportName ?? className;
  throw new ConfigError(`${module} does not export ${wanted}; the worker needs the class to be exported`);
}

/**
 * @throws ConfigError if Node does not run TypeScript here
 * @throws any error that the module throws
 */
async function namespaceOf(module: string): Promise<Record<string, unknown>> {
  try {
    return await import(specifier(module));
  } catch (cause) {
    const advice = typescriptAdvice(module, cause);
    if (advice === '') throw cause;
    throw new ConfigError(`the worker cannot run ${module} (${errorLine(cause)})${advice}`, {
      cause,
    });
  }
}

/**
 * Finds an exported class by its class name. The exports of a CommonJS module are the default export of its namespace, or the
 * properties of that.
 */
function byName(namespace: Record<string, unknown>, className: string): unknown {
  const { default: main } = namespace;
  const exported = [...Object.values(namespace), ...Object.values(Object(main))];
  return exported.find((value) => isClass(value) && value.name === className);
}
