import { expect } from 'chai';
import { z } from 'zod';
import * as mini from 'zod/mini';
import * as z3 from 'zod/v3';
import { schemaProblem } from '../../../src/config/class-schema.ts';
import { BaseProducerConfig } from '../../../src/config/schema/base.ts';
import { MemoryProducer } from '../../../src/kinds/memory/memory-producer.ts';
import { KIND_SCHEMAS } from '../../../src/kinds/registry.ts';
import { quiet } from '../../support/quiet.ts';
import { PATIENT } from '../../support/until.ts';

const EXTEND = 'expected BaseProducerConfig.extend({ … }), with zod 4';
const OLD = `is a schema of zod 3: ${EXTEND}`;
const foreign = (schema: unknown) => schema as z.ZodType;

const WRONG: Readonly<Record<string, readonly [schema: unknown, problem: string]>> = {
  'a schema of zod 3': [z3.object({ name: z3.string() }), `static config ${OLD}`],
  'a field of zod 3': [BaseProducerConfig.extend({ depth: foreign(z3.number()) }), `static config at 'depth' ${OLD}`],
  'a field of zod 3, optional': [
    BaseProducerConfig.extend({ depth: z.optional(foreign(z3.number())) }),
    `static config at 'depth' ${OLD}`,
  ],
  'a field of zod 3 in a mapping in a list': [
    BaseProducerConfig.extend({ a: z.array(z.object({ b: foreign(z3.string()) })) }),
    `static config at 'a.b' ${OLD}`,
  ],
  'a field of zod 3 in a union': [
    BaseProducerConfig.extend({ a: z.union([z.string(), foreign(z3.number())]) }),
    `static config at 'a' ${OLD}`,
  ],
  ...Object.fromEntries(
    Object.entries({
      'a tuple': z.tuple([foreign(z3.number()) as z.ZodNumber]),
      'a schema that is made later': z.lazy(() => foreign(z3.number())),
      'a map': z.map(z.string(), foreign(z3.number())),
      'the keys of a map': z.map(foreign(z3.string()), z.number()),
      'a set': z.set(foreign(z3.number())),
      'an intersection': z.intersection(z.number(), foreign(z3.number())),
      'a preprocessed one': z.preprocess((one) => one, foreign(z3.number())),
      'one with a default': foreign(z3.number()).nullable().default(1),
    }).map(([what, schema]) => [
      `a field of zod 3 in ${what}`,
      [BaseProducerConfig.extend({ a: schema }), `static config at 'a' ${OLD}`] as const,
    ]),
  ),
  'a plain object': [{ name: 'x' }, `static config is no schema of zod 4: ${EXTEND}`],
  nothing: [undefined, `static config is no schema of zod 4: ${EXTEND}`],
  'a text': [z.string(), `static config is no object schema of zod: ${EXTEND}`],
  'a transformed schema': [
    BaseProducerConfig.transform((one) => one),
    `static config is no object schema of zod: ${EXTEND}`,
  ],
  'a schema of zod/mini': [mini.object({ name: mini.string() }), `static config is no object schema of zod: ${EXTEND}`],
  'a schema of its own': [
    z.object({ type: z.string(), name: z.string() }),
    `static config lacks what every producer has (max_retries, backoff_seconds, max_resets, …): ${EXTEND}`,
  ],
};

describe('the schema of a class', () => {
  for (const [what, [schema, problem]] of Object.entries(WRONG))
    it(`is refused in one line: ${what}`, () => {
      expect(schemaProblem(schema)).to.equal(problem);
    });

  for (const key of Object.keys(BaseProducerConfig.shape) as (keyof typeof BaseProducerConfig.shape)[])
    it(`is refused without ${key}, or a producer works without it`, async () => {
      class Without extends MemoryProducer {
        static override readonly config = MemoryProducer.config.omit({ [key]: true } as never) as never;
      }
      const { type, ...named } = { type: 'memory', name: 'm' } as const;
      const config = key === 'type' ? named : { type, ...named };
      const works = async () => {
        const producer = new Without(config as never, { logger: quiet });
        await producer.send({ value: 1 }, PATIENT);
        producer.produce({ value: 2 }, { isError: true });
        await producer.shutdown();
        return producer.stats().delivered;
      };
      const outcome = await works().catch((error: Error) => error.message);
      if (outcome !== 2) expect(outcome).to.contain(`lacks what every producer has (${key})`);
    });

  it('may leave out what has a default elsewhere', () => {
    const shorter = BaseProducerConfig.omit({
      type: true,
      topic: true,
      error_topic: true,
      dead_letter: true,
      on_shutdown: true,
    });
    expect(schemaProblem(shorter)).to.equal(undefined);
  });

  it('may be anything that extends the schema of every producer', () => {
    interface Tree {
      readonly children?: Tree[] | undefined;
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ children: z.array(tree).optional() }));
    const endless = (): z.ZodType => z.lazy(() => z.object({ next: endless() }));
    const schemas = [
      BaseProducerConfig,
      BaseProducerConfig.extend({ endless: endless() }),
      ...Object.values(KIND_SCHEMAS),
      BaseProducerConfig.extend({ tree, when: z.coerce.date(), of: z.record(z.string(), z.tuple([z.int()])) }),
      BaseProducerConfig.extend({ size: z.string().transform(Number).pipe(z.number()) }).refine(() => true),
    ];
    for (const schema of schemas) expect(schemaProblem(schema)).to.equal(undefined);
  });
});
