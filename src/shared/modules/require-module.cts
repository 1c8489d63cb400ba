/**
 * Explains what to do where `require()` takes no ES module, which is all that this package has. Node's own takes one from the versions
 * on that the package supports. Jest has a `require()` of its own, whose advice does not help here.
 */

const ADVICE =
  "outspool is an ES module, which this require() does not take: write `await import('outspool')` (in Jest within a function such as beforeAll, with NODE_OPTIONS=--experimental-vm-modules), or use Node 20.19, 22.12 or later, and with Jest 24.9 or later";

/** Codes of the errors of `require()` where it takes no ES module. */
const CODES: ReadonlySet<unknown> = new Set(['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE']);

/** Returns what `load` requires. */
function requireModule(load: () => unknown): unknown {
  try {
    return load();
  } catch (cause) {
    const { code } = Object(cause) as { code?: unknown };
    // A `require()` that reads the module as CommonJS fails at its first import.
    if (!CODES.has(code) && Object(cause).name !== 'SyntaxError') throw cause;
    throw Object.assign(new Error(ADVICE, { cause }), { code: 'ERR_REQUIRE_ESM' });
  }
}

module.exports = { requireModule };
