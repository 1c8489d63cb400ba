/**
 * Values as an application may give them, each with what becomes of it: as an expression, so that the same table is run and compiled.
 * `value` is what is delivered as the value of a message, `member` what is delivered as a member of one: JSON, bytes, or nothing of
 * it (`left out`); `refused` where the call throws. As a key, a header or a topic only texts and bytes are delivered.
 */

export interface Row {
  /** An expression, of JavaScript and of TypeScript. */
  readonly code: string;
  readonly value: Outcome;
  readonly member: Outcome;
  /** Whether TypeScript takes it as a value, where that differs from what the call does, and why. */
  readonly types?: 'taken' | 'refused';
  /** The same as a member of the value, where that differs. @default as `types` */
  readonly memberTypes?: 'taken' | 'refused';
  /** Whether its type is any, which a place takes whatever it is. */
  readonly isAny?: true;
  /** As a key, a header and a topic. */
  readonly text: TextOutcome;
}

/** JSON text; `bytes`: as they are; `null`: a tombstone. */
export type Outcome = { readonly json: string } | 'bytes' | 'tombstone' | 'left out' | 'refused';

/** `text`: delivered as UTF-8 in all three; `bytes`: delivered but as a topic; `nothing`: as if it were not there. */
export type TextOutcome = 'text' | 'not a topic' | 'bytes' | 'null' | 'nothing' | 'refused';

const json = (text: string): Outcome => ({ json: text });

/** Texts that are delivered wherever a text may stand. */
const TEXTS = [
  ...[
    'a',
    'A b',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '0',
    'null',
    'true',
    '"',
    "'",
    '\\',
    '{}',
    '[1',
    '</script>',
    '%s',
    '$1',
    '*',
  ],
  ...[
    'ä',
    'ß',
    'é',
    'e\u0301',
    '日本',
    '🙂',
    '👨‍👩‍👧',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u200b',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\ufffd',
    '\uffff',
  ],
  ...['\u0001', '\u001b[31m', '__proto__', 'constructor', '../a', 'a,b', 'a:b', 'a'.repeat(10_000)],
];

const textRow = (text: string): Row => {
  const code = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return { code, value: json(JSON.stringify(text)), member: json(JSON.stringify(text)), text: 'text' };
};

/** Refused as a topic, or everywhere but in JSON, which writes a lone surrogate as an escape. */
const ODD_TEXTS: readonly Row[] = [
  { code: "''", value: json('""'), member: json('""'), text: 'not a topic' },
  { code: "'\\0'", value: json('"\\u0000"'), member: json('"\\u0000"'), text: 'not a topic' },
  { code: "'a\\0b'", value: json('"a\\u0000b"'), member: json('"a\\u0000b"'), text: 'not a topic' },
  ...['\\ud800', '\\udfff', 'a\\udc00b', '\\udc00\\ud800'].map(
    (text): Row => ({
      code: `'${text}'`,
      value: json(`"${text}"`),
      member: json(`"${text}"`),
      text: 'refused',
    }),
  ),
];

const plain = (code: string, text: string): Row => ({ code, value: json(text), member: json(text), text: 'refused' });

const NUMBERS: readonly Row[] = [
  ...['0', '1', '-1', '1.5', '1e21', '1e-7', '0.1', '9007199254740993', '5e-324', '1.7976931348623157e308'].map(
    (code) => plain(code, String(Number(code))),
  ),
  plain('-0', '0'),
  ...['Number.NaN', 'Number.POSITIVE_INFINITY', 'Number.NEGATIVE_INFINITY'].map(
    (code): Row => ({
      code,
      value: 'refused',
      member: json('null'),
      types: 'taken',
      text: 'refused',
    }),
  ),
  plain('true', 'true'),
  plain('false', 'false'),
];

const NOTHING: readonly Row[] = [
  { code: 'null', value: 'tombstone', member: json('null'), text: 'null' },
  { code: 'undefined', value: 'refused', member: 'left out', types: 'refused', memberTypes: 'taken', text: 'nothing' },
];

/** JSON leaves them out of an object, as it is documented. */
const LEFT_OUT = [
  '() => 1',
  'function named() {}',
  'class A {}',
  'Symbol("s")',
  'Symbol.iterator',
  'async () => {}',
  'Math.max',
];

/** JSON has no form for them, at whatever depth. */
const REFUSED = [
  ...['10n', '-0n', 'Object(1n)', '[1n]', '{ a: { b: 1n } }'],
  ...[
    'new Map([["a", 1]])',
    'new Map()',
    'new Set([1])',
    'new WeakMap()',
    'new WeakSet()',
    'new WeakRef({})',
    'Promise.resolve(1)',
  ],
  ...[
    '/a/g',
    'new Error("e")',
    'new TypeError("e")',
    'new AggregateError([], "e")',
    'Object.assign(new Error("e"), { code: 1 })',
  ],
  ...[
    'new ArrayBuffer(2)',
    'new SharedArrayBuffer(2)',
    'new DataView(new ArrayBuffer(2))',
    'new Uint16Array([1])',
    'new Float64Array([1])',
  ],
  ...['new Int8Array([1])', 'new Uint8ClampedArray([1])', 'new BigInt64Array(1)'],
  ...[
    '[1].values()',
    'new Map([[1, 2]]).entries()',
    '(function* () { yield 1; })()',
    'new Intl.Collator()',
    'new AbortController()',
  ],
  ...[
    'new URLSearchParams("a=1")',
    'new Headers({ a: "1" })',
    'new FormData()',
    'new Blob(["a"])',
    'new TextEncoder()',
  ],
  ...[
    'new ReadableStream()',
    'new Response("a")',
    'new (class A {})()',
    'new (class A { #a = 1; get a() { return this.#a; } })()',
  ],
  ...[
    'Object(Symbol("s"))',
    '[new Map()]',
    '{ a: [new Set([1])] }',
    'new Proxy(new Map(), {})',
    'Object.create(Uint8Array.prototype)',
  ],
  ...['((a) => Object.assign(a, { a }))({})', '((a) => (a.push(a), a))([])'],
  ...['{ toJSON() { throw new Error("no"); } }', '{ toJSON() { return 1n; } }', '{ toJSON() { return new Map(); } }'],
  ...['{ get a() { throw new Error("no"); } }', 'new Proxy({}, { ownKeys() { throw new Error("no"); } })'],
  ...[
    'structuredClone(new Error("e"))',
    'new Intl.NumberFormat()',
    'new (class extends Map {})()',
    'new (class extends Error {})()',
  ],
];

/** What TypeScript cannot tell from something that is sent: structurally it is an object of data, has a toJSON, or is any. */
const UNSEEN_BY_TYPES = new Set([
  ...[
    'Object(1n)',
    'Object(Symbol("s"))',
    'Object.create(Uint8Array.prototype)',
    '((a) => Object.assign(a, { a }))({})',
  ],
  ...[
    'new Error("e")',
    'new TypeError("e")',
    'new AggregateError([], "e")',
    'Object.assign(new Error("e"), { code: 1 })',
  ],
  ...['structuredClone(new Error("e"))', 'new (class extends Error {})()', 'new (class A {})()'],
  'new (class A { #a = 1; get a() { return this.#a; } })()',
  ...['{ toJSON() { throw new Error("no"); } }', '{ toJSON() { return 1n; } }', '{ toJSON() { return new Map(); } }'],
  ...['{ get a() { throw new Error("no"); } }', 'new Proxy({}, { ownKeys() { throw new Error("no"); } })'],
]);

/** What the compiler takes for an object with methods, and JSON for a text, a number or a list. */
const REFUSED_BY_TYPES = new Set([
  ...['new String("a")', 'new Number(5)', 'new Boolean(false)', 'new Number(Number.NaN)'],
  ...['new (class extends Array {})(1, 2)', '(function (..._) { return arguments; })(1, 2)'],
]);

const ANY = new Set([
  ...['Object(1n)', 'Object(Symbol("s"))', 'Object.create(Uint8Array.prototype)'],
  ...['JSON.parse(\'{"__proto__": {"a": 1}}\')', 'Object.assign(Object.create(null), { a: 1 })'],
]);

/** Delivered as JSON writes it. */
const OBJECTS: readonly (readonly [code: string, text: string])[] = [
  ['{}', '{}'],
  ['[]', '[]'],
  ['{ a: 1 }', '{"a":1}'],
  ['[1, "a", null, true]', '[1,"a",null,true]'],
  ['[[[]]]', '[[[]]]'],
  ['{ a: undefined, b: 1 }', '{"b":1}'],
  ['[undefined, 1]', '[null,1]'],
  ['[Number.NaN]', '[null]'],
  ['{ a: -0 }', '{"a":0}'],
  ['[, 1]', '[null,1]'],
  ['{ "": 1 }', '{"":1}'],
  ['{ 2: "b", 1: "a" }', '{"1":"a","2":"b"}'],
  ['{ ["__proto__"]: 1 }', '{"__proto__":1}'],
  ['JSON.parse(\'{"__proto__": {"a": 1}}\')', '{"__proto__":{"a":1}}'],
  ['{ constructor: 1, hasOwnProperty: 2 }', '{"constructor":1,"hasOwnProperty":2}'],
  ['{ value: 1, key: 2, headers: 3 }', '{"value":1,"key":2,"headers":3}'],
  ['{ "a\\0b": "\\ud800" }', '{"a\\u0000b":"\\ud800"}'],
  ['Object.assign(Object.create(null), { a: 1 })', '{"a":1}'],
  ['Object.freeze({ a: [1] })', '{"a":[1]}'],
  ['new (class A { a = 1 })()', '{"a":1}'],
  ['new (class extends Array {})(1, 2)', '[1,2]'],
  ['new Date(0)', '"1970-01-01T00:00:00.000Z"'],
  ['{ at: new Date(1) }', '{"at":"1970-01-01T00:00:00.001Z"}'],
  ['new URL("https://a.example/b")', '"https://a.example/b"'],
  ['{ toJSON() { return { a: 1 }; } }', '{"a":1}'],
  ['{ toJSON() { return "a"; } }', '"a"'],
  ['{ toJSON() { return null; } }', 'null'],
  ['{ get a() { return 1; } }', '{"a":1}'],
  ['{ a: 1, [Symbol.for("s")]: 2 }', '{"a":1}'],
  ['new Proxy({ a: 1 }, {})', '{"a":1}'],
  ['(function (..._) { return arguments; })(1, 2)', '{"0":1,"1":2}'],
  ['Array.from({ length: 3 }, (_, index) => index)', '[0,1,2]'],
  ['"x".repeat(3).split("")', '["x","x","x"]'],
  ['Object.fromEntries([["a", 1]])', '{"a":1}'],
  ['structuredClone({ a: [1] })', '{"a":[1]}'],
];

const BYTES = [
  ...['new Uint8Array([1, 2])', 'new Uint8Array(0)', 'Buffer.from("ä")', 'Buffer.alloc(0)', 'Buffer.from([0, 255])'],
  ...[
    'new Uint8Array([1, 2, 3]).subarray(1)',
    'new Uint8Array(new SharedArrayBuffer(2))',
    'new (class extends Uint8Array {})(2)',
  ],
  ...['new TextEncoder().encode("a")', 'Buffer.from("a").subarray(0, 0)'],
];

/** JSON of a Buffer is what its `toJSON` says; other bytes have none, and would be written as `{"0":1}`. */
const bytesRow = (code: string): Row => ({
  code,
  value: 'bytes',
  member: code.startsWith('Buffer') ? json('by its toJSON') : 'refused',
  text: 'bytes',
});

/** Objects that JSON writes as a number or a text, or as null where that says nothing. */
const BOXED: readonly Row[] = [
  plain('new String("a")', '"a"'),
  plain('new Number(5)', '5'),
  plain('new Boolean(false)', 'false'),
  ...['new Number(Number.NaN)', 'new Date(Number.NaN)', '{ toJSON() { return Number.NaN; } }'].map(
    (code): Row => ({
      code,
      value: 'refused',
      member: json('null'),
      types: 'taken',
      text: 'refused',
    }),
  ),
];

const ROWS: readonly Row[] = [
  ...TEXTS.map(textRow),
  ...ODD_TEXTS,
  ...NUMBERS,
  ...NOTHING,
  ...LEFT_OUT.map((code): Row => ({ code, value: 'refused', member: 'left out', text: 'refused' })),
  ...REFUSED.map((code): Row => ({ code, value: 'refused', member: 'refused', text: 'refused' })),
  ...OBJECTS.map(([code, text]) => plain(code, text)),
  // What it becomes is undefined, which is left out.
  { code: '{ toJSON() { return undefined; } }', value: 'refused', member: 'left out', types: 'taken', text: 'refused' },
  ...BYTES.map(bytesRow),
  ...BOXED,
];

export const VALUES: readonly Row[] = ROWS.map((row) => ({
  ...row,
  ...(UNSEEN_BY_TYPES.has(row.code) && { types: 'taken' }),
  ...(REFUSED_BY_TYPES.has(row.code) && { types: 'refused' }),
  ...(ANY.has(row.code) && { isAny: true }),
}));
