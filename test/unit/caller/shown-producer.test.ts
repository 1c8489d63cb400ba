// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written in YAML
import { inspect } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { BaseProducer, BaseProducerConfig, HttpProducer, ProducerRuntime, secret } from '../../../src/index.ts';
import { yamlFile } from '../config/helpers.ts';

const PASSWORD = 'hunter2-hunter2';

/** Every way in which a producer may be logged by accident. */
const WAYS: Readonly<Record<string, (producer: unknown) => string>> = {
  'by console.log': (producer) => inspect(producer, { depth: 10 }),
  'in a list': (producer) => inspect([{ producer }], { depth: 10 }),
  'as JSON': (producer) => JSON.stringify({ producer }),
};

class Door extends BaseProducer {
  static override readonly module = import.meta.url;
  static override readonly config = BaseProducerConfig.extend({ door: secret(z.string()), pin: secret(z.number()) });
  override async _connect(): Promise<void> {}
  override async _send(): Promise<void> {}
  override async _close(): Promise<void> {}
}

describe('a producer that is logged', () => {
  const producers: Readonly<Record<string, () => Promise<BaseProducer<never>>>> = {
    'a kind with a password': async () =>
      new HttpProducer({
        type: 'http',
        name: 'h',
        url: `http://127.0.0.1:9/?token=${PASSWORD}`,
        headers: { authorization: `Bearer ${PASSWORD}` },
      }) as never,
    'a class with marked fields': async () =>
      new Door({ type: 'custom', name: 'h', door: PASSWORD, pin: 4711 } as never) as never,
    'a kind with a reference': async () => {
      const file = await yamlFile(
        'producers:\n  - { type: http, name: h, url: "http://127.0.0.1:9/", headers: { x-note: "${NOTE}" } }\n',
      );
      return (await ProducerRuntime.fromFile(file, { env: { NOTE: PASSWORD } })).producers[0] as never;
    },
  };

  for (const [kind, make] of Object.entries(producers))
    for (const [way, text] of Object.entries(WAYS))
      it(`shows its name and no secret ${way}: ${kind}`, async () => {
        const producer = await make();
        const said = text(producer);
        await (producer as BaseProducer).shutdown(0);
        expect(said).to.contain('h').and.not.to.contain(PASSWORD).and.not.to.contain('4711');
        expect(said).to.contain('***');
      });
});
