/** Finds a producer's class in the module that defines it. */

import { pathToFileURL } from 'node:url';
import { errorLine } from '../shared/error-text.ts';
import { ConfigError } from '../shared/errors.ts';
import { typescriptAdvice } from '../shared/modules/typescript-module.ts';
import type { ProducerSource } from '../shared/protocol.ts';

/** A producer's class, seen without its types: they stayed on the other thread. */
export type ProducerClass = new (config: unknown) => unknown;

const isClass = (value: unknown): value is ProducerClass => typeof value === 'function';

const specifier = (module: string): string => (module.startsWith('/') ? pathToFileURL(module).href : module);

/** The class by its export's name, or the exported class that has its name. @throws ConfigError where there is none */
export async function loadClass({ module, exportName, className }: ProducerSource): Promise<ProducerClass> {
  const namespace = await namespaceOf(module);
  const found = exportName === undefined ? byName(namespace, className) : namespace[exportName];
  if (isClass(found)) return found;
  const wanted = exportName ?? className;
  throw new ConfigError(`${module} does not export ${wanted}; the worker needs the class to be exported`);
}

/** @throws ConfigError where Node does not run TypeScript here; what the module throws */
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

/** A CommonJS module's exports are the default export of its namespace, or the properties of that. */
function byName(namespace: Record<string, unknown>, className: string): unknown {
  const { default: main } = namespace;
  const exported = [...Object.values(namespace), ...Object.values(Object(main))];
  return exported.find((value) => isClass(value) && value.name === className);
}
