/**
 * Fails with an explanation where a bundler has taken this package into an application. The package finds its worker's file and its
 * native parts by the location of its own modules, which is lost then. A bundle in CommonJS has no `import.meta.url` at all, and one
 * in ES modules has that of the bundle.
 */

export const LEAVE_OUT =
  'a bundle must leave the package outspool out (esbuild --external:outspool, or externals in other bundlers), and install it next to the bundle';

/** Undefined in a CommonJS bundle, although its type is a string. */
const place: string | undefined = import.meta.url;

/** The end of this module's own location. Loaders append a query. */
const OWN = /\/shared\/modules\/not-bundled\.[jt]s(?:[?#].*)?$/;

if (place === undefined || !OWN.test(place)) throw new Error(`outspool cannot run from within a bundle: ${LEAVE_OUT}`);
