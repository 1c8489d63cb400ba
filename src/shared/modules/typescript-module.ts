/** Advises what to do where Node does not run TypeScript, because loaders (tsx, ts-node) do not reach every worker thread. */

/** Node's error codes for no TypeScript at all, for syntax that is not only types, and for TypeScript within a package. */
const CODES: ReadonlySet<unknown> = new Set([
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
]);

const TYPESCRIPT = /\.[cm]?tsx?(?:[?#].*)?$/;

const ADVICE =
  "name the compiled JavaScript (the option 'module' and 'static module' take a path), use Node 22.18 or later, which runs TypeScript whose types can be stripped, or name a small module that registers a loader, as docs/kinds/custom.md shows; those of tsx, ts-node, vitest and jest may not reach worker threads";

/** The rest of a message about `module`, which failed to load with `error`; empty where TypeScript is not the reason. */
export function typescriptAdvice(module: string, error: unknown): string {
  const { code } = Object(error) as { code?: unknown };
  // A syntax error of a file in TypeScript has no code, because Node read the types as JavaScript.
  const isTypes = CODES.has(code) || error instanceof SyntaxError;
  return isTypes && TYPESCRIPT.test(module) ? `: ${ADVICE}` : '';
}
