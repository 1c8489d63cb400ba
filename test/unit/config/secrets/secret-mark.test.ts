/** The mark of `secret()`: what zod may make of a schema that has it, and schemas that contain themselves. */

import { expect } from 'chai';
import { z } from 'zod';
import { alternatives } from '../../../../src/config/report/introspect.ts';
import { isMarkedAt, markedUnder, secret } from '../../../../src/config/secrets/secret-mark.ts';

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

/** What zod takes of a schema that carries the mark, without what is around it. */
const TAKEN: Readonly<Record<string, () => z.ZodType>> = {
  'a field': () => object().shape.a,
  'a field of an object that was in use before': () => {
    const used = z.object({ a: z.string() });
    used.parse({ a: 'x' });
    return secret(used).shape.a;
  },
  'a field that zod has unwrapped': () => object().shape.b.unwrap(),
  'a field of a field': () => secret(z.object({ c: z.object({ a: z.string() }) })).shape.c.shape.a,
  'the element of an array': () => secret(z.array(z.string())).element,
  'the values of a record': () => secret(z.record(z.string(), z.string())).valueType,
  'the values of a map': () => secret(z.map(z.string(), z.string())).valueType,
  'the members of a set': () => secret(z.set(z.string()))._zod.def.valueType,
  'what is optional': () => secret(z.string().optional()).unwrap(),
  'what has a default': () => secret(z.string().default('x')).unwrap(),
};

/** Ways to put the fields of an object that carries the mark beside others. */
const open = () => z.object({ o: z.string() });
const JOINED: Readonly<Record<string, () => z.ZodObject>> = {
  'merge() with it': () => open().merge(object()),
  'merge() of it': () => open().merge(open()).merge(object().strict()),
  'extend() by its shape': () => open().extend(object().shape),
  'safeExtend() by its shape': () => open().safeExtend(object().shape),
  'its shape spread': () => z.object({ ...open().shape, ...object().shape }),
  'what is picked of it': () => open().merge(object().pick({ a: true, b: true })),
  'what is partial': () => open().merge(object().partial()),
};

describe('the mark of secret()', () => {
  for (const [name, make] of Object.entries(TAKEN))
    it(`is on ${name}`, () => expect(isMarkedAt(make(), [])).to.equal(true));

  for (const [name, make] of Object.entries(JOINED))
    it(`is on the fields of an object, and on no other field: ${name}`, () => {
      const joined = make();
      expect(['a', 'b', 'o'].map((key) => isMarkedAt(joined, [key]))).to.deep.equal([true, true, false]);
      expect(isMarkedAt(joined, [])).to.equal(false);
      expect(joined.parse({ a: 'x', b: 1, o: 'y' })).to.deep.equal({ a: 'x', b: 1, o: 'y' });
    });

  it('is on parts of a schema that contains itself, which stays finite', () => {
    const Plain = z.object({
      a: z.string().describe('a door'),
      get next(): z.ZodOptional<typeof Plain> {
        return Plain.optional();
      },
    });
    const joined = open().merge(secret(Plain));
    expect([isMarkedAt(joined, ['next', 'next', 'a']), isMarkedAt(Plain, ['next', 'a'])]).to.deep.equal([true, false]);
    expect(joined.shape.a.description).to.equal('a door');
    const next = () => secret(Plain).shape.next;
    expect(next().unwrap().shape.next, 'the same copy').to.equal(next());
    expect(JSON.stringify(z.toJSONSchema(joined))).to.include('a door');
  });

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
    expect(isMarkedAt(Node.shape.children, [])).to.equal(true);
  });
});

const later = (inner: () => z.ZodType): z.ZodType => z.lazy(inner);
const itself: z.ZodType = later(() => z.union([z.string(), itself, z.array(itself)]));
const twice: z.ZodType = later(() =>
  z.union([twice, twice, z.intersection(twice, twice), z.record(z.string(), twice)]),
);
const anew = (): z.ZodType => later(() => z.union([z.string(), anew(), anew(), z.array(anew())]));

describe('a schema of many', () => {
  const MANY = 5000;
  const marked = () => z.object({ key: secret(z.string()) });
  const many = () => Array.from({ length: MANY }, (_, n) => z.object({ kind: z.literal(n) }));
  const HUGE: Readonly<Record<string, () => z.ZodType>> = {
    'a union': () => z.union([...many(), marked()]),
    'a discriminated union': () =>
      z.discriminatedUnion('kind', [...many(), marked().extend({ kind: z.literal('last') })] as never),
    'a chain of or()': () => many().reduce<z.ZodType>((left, right) => left.or(right), marked()),
    'a chain of or() whose last carries it': () =>
      [...many(), marked()].reduce<z.ZodType>((left, right) => left.or(right), z.never()),
    'an intersection': () => many().reduce<z.ZodType>((left, right) => z.intersection(left, right), marked()),
  };
  for (const [name, make] of Object.entries(HUGE))
    it(`is looked through as a whole: ${name}`, () => {
      expect(isMarkedAt(make(), ['key'])).to.equal(true);
    });
});

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
