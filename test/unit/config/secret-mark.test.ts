/** The mark of `secret()`: what zod may make of a schema that has it, and schemas that contain themselves. */

import { expect } from 'chai';
import { z } from 'zod';
import { alternatives } from '../../../src/config/introspect.ts';
import { isMarkedAt, markedUnder, secret } from '../../../src/config/secret-mark.ts';

const object = () => secret(z.object({ a: z.string(), b: z.number().optional() }));
const text = () => secret(z.string());

/** Every way in which zod makes another schema from one that carries the mark. */
const DERIVED: Readonly<Record<string, () => z.ZodType>> = {
  'strict()': () => object().strict(),
  'strip()': () => object().strip(),
  'loose()': () => object().loose(),
  'passthrough()': () => object().passthrough(),
  'catchall()': () => object().catchall(z.string()),
  'extend()': () => object().extend({ c: z.string() }),
  'safeExtend()': () => object().safeExtend({ c: z.string() }),
  'merge()': () => object().merge(z.object({ c: z.string() })),
  'pick()': () => object().pick({ a: true }),
  'omit()': () => object().omit({ b: true }),
  'partial()': () => object().partial(),
  'exactPartial()': () => object().exactPartial(),
  'required()': () => object().required(),
  'several of them': () => object().strict().extend({ c: z.string() }).partial().pick({ a: true }).optional(),
  'optional()': () => text().optional(),
  'exactOptional()': () => text().exactOptional(),
  'nullable()': () => text().nullable(),
  'nullish()': () => text().nullish(),
  'nonoptional()': () => text().nonoptional(),
  'default()': () => text().default('x'),
  'prefault()': () => text().prefault('x'),
  'catch()': () => text().catch('x'),
  'readonly()': () => text().readonly(),
  'brand()': () => text().brand<'door'>(),
  'describe()': () => text().describe('a door'),
  'meta()': () => text().meta({ title: 'a door' }),
  'register()': () => text().register(z.registry<{ a: 1 }>(), { a: 1 }),
  'clone()': () => text().clone(),
  'check()': () => text().check(z.minLength(3)),
  'with()': () => text().with(z.minLength(3)),
  'min()': () => text().min(3),
  'regex()': () => text().regex(/x/),
  'trim()': () => text().trim(),
  'refine()': () => text().refine(() => true),
  'superRefine()': () => text().superRefine(() => {}),
  'overwrite()': () => text().overwrite((given) => given),
  'transform()': () => text().transform((given) => given),
  'pipe()': () => text().pipe(z.string()),
  'the end of a pipe': () => z.string().pipe(text()),
  'preprocess()': () => z.preprocess((given) => given, text()),
  'codec()': () => z.codec(text(), z.string(), { decode: (given) => given, encode: (given) => given }),
  'stringbool()': () => secret(z.stringbool()),
  'or()': () => text().or(z.number()),
  'and()': () => text().and(z.string()),
  'union()': () => z.union([z.number(), text()]),
  'discriminatedUnion()': () => z.discriminatedUnion('t', [secret(z.object({ t: z.literal('a') }))]),
  'intersection()': () => z.intersection(z.string(), text()),
  'lazy()': () => z.lazy(text),
  'promise()': () => z.promise(text()),
  'success()': () => z.success(text()),
  'templateLiteral()': () => z.templateLiteral(['door ', text()]),
  'extract()': () => secret(z.enum(['a', 'b'])).extract(['a']),
  'exclude()': () => secret(z.enum(['a', 'b'])).exclude(['a']),
  'apply()': () => text().apply((schema) => schema.min(3)),
};

/** Schemas whose members carry the mark, with the key of one. */
const CONTAINERS: Readonly<Record<string, readonly [key: string | number, make: () => z.ZodType]>> = {
  'array()': [0, () => text().array()],
  'tuple()': [1, () => z.tuple([z.string(), text()])],
  'the rest of a tuple': [5, () => z.tuple([z.string()], text())],
  'record()': ['a', () => z.record(z.string(), text())],
  'partialRecord()': ['a', () => z.partialRecord(z.enum(['a']), text())],
  'map()': ['a', () => z.map(z.string(), text())],
  'set()': [0, () => z.set(text())],
  'object()': ['a', () => z.object({ a: text() })],
  'a catchall': ['a', () => z.object({}).catchall(text())],
  'a partial object': ['a', () => z.object({ a: text() }).partial().strict()],
  'an object that is made complete': ['a', () => z.object({ a: text().optional() }).required()],
  'an extended object': ['a', () => z.object({ a: text() }).extend({ b: z.string() })],
};

describe('the mark of secret()', () => {
  for (const [name, make] of Object.entries(DERIVED))
    it(`is kept by ${name}`, () => expect(isMarkedAt(make(), [])).to.equal(true));

  for (const [name, [key, make]] of Object.entries(CONTAINERS))
    it(`is found in ${name}`, () => {
      expect([isMarkedAt(make(), []), isMarkedAt(make(), [key])]).to.deep.equal([false, true]);
    });

  it('is kept by every other method that makes a schema', () => {
    const made = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(object())));
    const known = [...Object.keys(DERIVED), 'keyof()', 'array()'].join(' ');
    for (const [name] of made.filter(([, { value }]) => typeof value === 'function'))
      if (!/^(?:constructor|is[A-Z]|(?:safe)?(?:parse|encode|decode|validate)|to[A-Z]|spa)/i.test(name))
        expect(known, name).to.include(`${name}()`);
  });

  it('leaves the given schema and its words alone', () => {
    const given = z.object({ a: z.string() }).describe('a door');
    expect([isMarkedAt(secret(given), []), isMarkedAt(given, [])]).to.deep.equal([true, false]);
    expect(secret(given).description).to.equal('a door');
    expect(isMarkedAt(given.strict(), [])).to.equal(false);
  });

  it('reads no shape of a schema that contains itself before that is there', () => {
    const Node = secret(
      z.object({
        get children(): z.ZodType {
          return z.array(Node);
        },
      }),
    );
    expect(isMarkedAt(z.object({ root: Node }), ['root', 'children', 0])).to.equal(true);
  });
});

const later = (inner: () => z.ZodType): z.ZodType => z.lazy(inner);
const itself: z.ZodType = later(() => z.union([z.string(), itself, z.array(itself)]));
const twice: z.ZodType = later(() =>
  z.union([twice, twice, z.intersection(twice, twice), z.record(z.string(), twice)]),
);
const anew = (): z.ZodType => later(() => z.union([z.string(), anew(), anew(), z.array(anew())]));

describe('a schema that contains itself', () => {
  const SCHEMAS = { 'z.json()': z.json(), 'of itself': itself, twice: twice, 'made anew each time': anew() };
  for (const [name, schema] of Object.entries(SCHEMAS))
    it(`is looked through once: ${name}`, () => {
      let here: readonly z.core.$ZodType[] = [schema];
      for (let depth = 0; depth < 16; depth++) here = markedUnder(here, depth % 2 === 0 ? 0 : 'a').slice(0, 1000);
      expect(here.length).to.be.at.most(1000);
      expect(
        isMarkedAt(
          schema,
          Array.from({ length: 40 }, () => 0),
        ),
      ).to.equal(false);
      expect(alternatives(schema).length).to.be.at.most(1000);
    });

  it('has the mark at each depth', () => {
    const marked: z.ZodType = later(() => z.union([z.object({ key: secret(z.string()), next: marked }), z.null()]));
    const path = Array.from({ length: 30 }, () => 'next');
    expect([isMarkedAt(marked, [...path, 'key']), isMarkedAt(marked, path)]).to.deep.equal([true, false]);
  });
});
