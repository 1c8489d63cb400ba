/**
 * Says what is wrong where a bundler has taken this package into an application. It finds its worker's file and its native parts
 * by its own place, which is lost then: a bundle in CommonJS has no `import.meta.url` at all.
 */

export const LEAVE_OUT =
  'a bundle must leave the package outspool out (esbuild --external:outspool, or externals in other bundlers), and install it beside';

/** Undefined in such a bundle, whatever the types say. */
const place: string | undefined = import.meta.url;

if (place === undefined) throw new Error(`outspool cannot run from within a bundle: ${LEAVE_OUT}`);
