/** Decides which schema applies to a definition. */

import { z } from 'zod';
import type { Inspect } from './examine.ts';
import { expecting } from './report/expected.ts';
import { BaseProducerConfig } from './schema/base.ts';
import { ClassLocation, CustomDefinition } from './schema/custom.ts';

export interface CustomLocation {
  readonly module: string;
  readonly export?: string;
  readonly baseDir: string;
  readonly name: string;
}

/** A class's schema, and a `context` that the caller gets back with the loaded producer. */
export interface CustomSchema {
  readonly schema: z.ZodObject;
  readonly context: unknown;
  readonly inspect?: Inspect;
}

/** The kinds with their schemas, and a way to find the schema of a custom class. */
export interface Kinds {
  readonly kinds: Readonly<Record<string, z.ZodObject>>;
  /** Returns a kind's check of a configuration beyond its schema. @default none */
  inspector?(kind: string): Promise<Inspect>;
  /** Rejects with an Error whose message gives the reason. A ConfigError with an issue at `export` points there. */
  customSchema(location: CustomLocation): Promise<CustomSchema>;
}

/** The schema that a definition is checked against. Without a known class or kind, it has only the keys that every producer has. */
export interface Plan {
  readonly schema: z.ZodObject;
  readonly complete: boolean;
  readonly context?: unknown;
  readonly inspect?: Inspect | undefined;
  readonly error?: unknown;
}

/** Chooses the schema by kind. For a custom producer it asks for the schema of the class. */
export async function planFor(
  type: string | undefined,
  location: Partial<CustomLocation>,
  kinds: Kinds,
): Promise<Plan> {
  if (type === 'custom') return customPlan(location, kinds);
  const schema = schemaOf(type, kinds);
  if (type === undefined || schema === undefined) return { schema: ofUnknownKind(kinds), complete: false };
  return { schema, complete: true, inspect: await kinds.inspector?.(type) };
}

/** Returns the schema of a kind; undefined for any other value. */
export const schemaOf = (type: unknown, { kinds }: Kinds): z.ZodObject | undefined =>
  typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined;

function ofUnknownKind({ kinds }: Kinds): z.ZodObject {
  const names = [...Object.keys(kinds), 'custom'];
  return BaseProducerConfig.extend({ type: expecting(z.enum(names), `one of the kinds ${names.join(', ')}`) });
}

async function customPlan(location: Partial<CustomLocation>, { customSchema }: Kinds): Promise<Plan> {
  const unknownClass = { schema: CustomDefinition, complete: false };
  const { module } = location;
  if (module === undefined) return unknownClass;
  try {
    const { schema, ...known } = await customSchema({ ...location, module } as CustomLocation);
    return { schema: withLocation(schema), complete: true, ...known };
  } catch (error) {
    return { ...unknownClass, error };
  }
}

/** Adds the keys of the class's location to its schema. A key of the same name that the class has stays its own. */
function withLocation(schema: z.ZodObject): z.ZodObject {
  const free = Object.entries(ClassLocation.shape).filter(([key]) => !Object.hasOwn(schema.shape, key));
  return schema.safeExtend(Object.fromEntries(free)) as z.ZodObject;
}

/** Whether `key` is part of the class's location, and not a key of the class's own. */
export const isLocation = (key: string, { schema }: Plan): boolean =>
  Object.hasOwn(ClassLocation.shape, key) &&
  schema.shape[key] === ClassLocation.shape[key as keyof typeof ClassLocation.shape];
