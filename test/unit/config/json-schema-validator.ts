/** As much of JSON schema as the generated file uses; an unknown keyword throws, so that nothing is skipped in silence. */

type Json = Record<string, unknown>;
type Rule = (argument: never, value: unknown, schema: Json, root: Json) => boolean;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const ifText = (test: (text: string) => boolean) => (value: unknown) => typeof value !== 'string' || test(value);
const ifNumber = (test: (number: number) => boolean) => (value: unknown) => typeof value !== 'number' || test(value);

const TYPES: Record<string, (value: unknown) => boolean> = {
  object: isObject,
  array: Array.isArray,
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
};

const notes = ['$schema', 'title', 'description', 'default', 'definitions', 'then'];

const RULES: Record<string, Rule> = {
  ...Object.fromEntries(notes.map((keyword) => [keyword, () => true])),
  type: (types: string | string[], value) => [types].flat().some((type) => TYPES[type]?.(value)),
  required: (keys: string[], value) => !isObject(value) || keys.every((key) => key in value),
  properties: (properties: Record<string, Json>, value, _schema, root) =>
    !isObject(value) ||
    Object.entries(properties).every(([key, inner]) => !(key in value) || accepts(inner, value[key], root)),
  additionalProperties: (allowed: boolean, value, schema) =>
    allowed || !isObject(value) || Object.keys(value).every((key) => key in (schema.properties as Json)),
  items: (item: Json, value, _schema, root) => !Array.isArray(value) || value.every((one) => accepts(item, one, root)),
  minItems: (least: number, value) => !Array.isArray(value) || value.length >= least,
  anyOf: (schemas: Json[], value, _schema, root) => schemas.some((one) => accepts(one, value, root)),
  allOf: (schemas: Json[], value, _schema, root) => schemas.every((one) => accepts(one, value, root)),
  if: (condition: Json, value, schema, root) =>
    !accepts(condition, value, root) || accepts(schema.then as Json, value, root),
  $ref: (ref: string, value, _schema, root) => {
    const name = ref.replace('#/definitions/', '');
    return accepts((root.definitions as Record<string, Json>)[name] as Json, value, root);
  },
  const: (only: unknown, value) => value === only,
  enum: (words: unknown[], value) => words.includes(value),
  pattern: (pattern: string, value) => ifText((text) => new RegExp(pattern).test(text))(value),
  minLength: (least: number, value) => ifText((text) => text.length >= least)(value),
  minimum: (least: number, value) => ifNumber((number) => number >= least)(value),
  maximum: (most: number, value) => ifNumber((number) => number <= most)(value),
  exclusiveMinimum: (bound: number, value) => ifNumber((number) => number > bound)(value),
};

/** Whether `schema`, part of `root`, accepts `value`. */
export function accepts(schema: Json, value: unknown, root: Json = schema): boolean {
  return Object.entries(schema).every(([keyword, argument]) => {
    const rule = RULES[keyword];
    if (rule === undefined) throw new Error(`the keyword ${keyword} is not known here`);
    return rule(argument as never, value, schema, root);
  });
}
