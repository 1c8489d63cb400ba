/** The JSON schema that editors complete and check YAML files with, made from the schemas that the loader checks with. */

import { z } from 'zod';
import { OperationsConfig } from '../src/config/endpoint/schema.ts';
import { RouteConfig, UNMATCHED } from '../src/config/routes/schema.ts';
import { CustomDefinition } from '../src/config/schema/custom.ts';
import { SOURCE_SCHEMAS } from '../src/config/sources/schema.ts';

type Json = Record<string, unknown>;

/** What the loader replaces before it checks: any scalar may be a text with a reference in it. */
const REFERENCE = { type: 'string', pattern: '\\$\\{' };

/** The schema of a file of definitions, in the dialect that the YAML language server knows best. */
export function producersJsonSchema(kinds: Readonly<Record<string, z.ZodObject>>): Json {
  const definitions = {
    ...Object.fromEntries(Object.entries(kinds).map(([kind, s]) => [kind, toJson(s)])),
    custom: custom(),
  };
  const sources = Object.fromEntries(Object.entries(SOURCE_SCHEMAS).map(([type, s]) => [`source-${type}`, toJson(s)]));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Producers of outspool',
    type: 'object',
    required: ['producers'],
    additionalProperties: false,
    properties: {
      producers: {
        description: 'The producers of this file.',
        type: 'array',
        minItems: 1,
        items: item('The kind of producer.', Object.keys(definitions)),
      },
      routes: {
        description: 'Which producers get a message: the first route that it fits.',
        type: 'array',
        minItems: 1,
        items: toJson(RouteConfig),
      },
      unmatched: {
        description: 'What becomes of a message that takes no route: an error, or it is dropped. Default: error.',
        anyOf: [{ type: 'string', enum: [...UNMATCHED] }, REFERENCE],
      },
      sources: {
        description: 'Where the messages of a pipeline come from (produce pipe).',
        type: 'array',
        minItems: 1,
        items: item('The type of source.', Object.keys(SOURCE_SCHEMAS), 'source-'),
      },
      operations: {
        description: 'The operations endpoint: a page, probes and figures of these producers by HTTP. Default: none.',
        ...toJson(OperationsConfig),
      },
    },
    definitions: { ...definitions, ...sources },
  };
}

/** `if … then` by kind, rather than `oneOf`: a mistake is then reported where it is, not as "matches none of these". */
function item(description: string, words: readonly string[], prefix = ''): Json {
  const type = { description, anyOf: [{ type: 'string', enum: words }, REFERENCE] };
  return {
    type: 'object',
    required: ['type', 'name'],
    properties: { type },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schema
    allOf: words.map((word) => ({ if: isKind(word), then: { $ref: `#/definitions/${prefix}${word}` } })),
  };
}

const isKind = (kind: string): Json => ({ required: ['type'], properties: { type: { const: kind } } });

/** A class may have keys of its own, which nobody knows before it is loaded. */
const custom = (): Json => ({ ...toJson(CustomDefinition), additionalProperties: true });

/** `io: 'input'`: what may be written, where keys with defaults may be left out. */
function toJson(schema: z.ZodObject): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as Json;
  return asWritten(json);
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The schema of a value as it may be written in YAML: as itself, or as a reference. */
function asWritten(json: Json): Json {
  if (isObject(json.properties)) return { ...json, properties: mapValues(json.properties, asWritten) };
  if (isObject(json.additionalProperties)) {
    const { propertyNames: _, ...record } = json;
    return { ...record, additionalProperties: asWritten(json.additionalProperties) };
  }
  if (json.type === 'array' && isObject(json.items)) return { ...json, items: asWritten(json.items) };
  const { description, default: fallback, ...bare } = json;
  const notes = {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
  };
  return { ...notes, ...orReference(bare) };
}

function orReference(leaf: Json): Json {
  const bare = whole(leaf);
  if (Object.keys(bare).length === 0 || 'const' in bare) return bare;
  if (bare.type === 'string' && takesAnyText(bare)) return { ...bare, type: ['string', 'number', 'boolean'] };
  const alternatives = Array.isArray(bare.anyOf) ? (bare.anyOf as Json[]) : [bare];
  return { anyOf: [...alternatives.map((one) => (one.type === 'array' ? asWritten(one) : whole(one))), REFERENCE] };
}

/** The multiples of 1, in the word that editors know. */
function whole({ multipleOf, maximum, ...bare }: Json): Json {
  const bounded = maximum === Number.MAX_SAFE_INTEGER ? bare : { ...bare, ...(maximum !== undefined && { maximum }) };
  if (multipleOf === 1) return { ...bounded, type: 'integer' };
  return { ...bounded, ...(multipleOf !== undefined && { multipleOf }) };
}

/** Where any text will do, so will 0123 without quotes, and a reference without further ado. */
const takesAnyText = ({ pattern, enum: words, format }: Json): boolean =>
  pattern === undefined && words === undefined && format === undefined;

const mapValues = (record: Json, change: (json: Json) => Json): Json =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value as Json)]));
