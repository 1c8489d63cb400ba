import { expect } from 'chai';
import { z } from 'zod';
import { CUSTOM_SAMPLE } from '../../../../src/cli/init/custom-class.ts';
import { sampleText } from '../../../../src/cli/init/sample-text.ts';
import { BaseProducerConfig } from '../../../../src/config/schema/base.ts';
import { ClassLocation } from '../../../../src/config/schema/custom.ts';
import { KINDS } from '../../../../src/kinds/registry.ts';
import { INSPECTED, loadText } from '../../config/helpers.ts';

const SAMPLES = new Map([
  ...Object.entries(KINDS).map(([kind, { sample }]) => [kind, sample] as const),
  ['custom', CUSTOM_SAMPLE],
]);

const schema = BaseProducerConfig.extend({ url: z.url() });
const OPTIONS = { ...INSPECTED, customSchema: async () => ({ schema, context: null }) };

/** The variables of settings that are comments. */
const VARIABLES = ['KAFKA', 'RABBITMQ', 'HTTP'].flatMap((kind) =>
  ['USERNAME', 'PASSWORD', 'TOKEN'].map((name) => [`${kind}_${name}`, 'text']),
);

const OPTIONAL = /^( {4,})# /gm;

describe('the configuration that produce init writes', () => {
  for (const [kind, sample] of SAMPLES) {
    const text = sampleText(new Map([[kind, sample]]));

    it(`${kind}: is valid as it is, without any variable`, async () => {
      const [producer, ...others] = await loadText(text, OPTIONS);
      expect(producer?.config).to.include({ type: kind, name: `${kind}-producer` });
      expect(producer?.config).not.to.have.property('dead_letter');
      expect(others).to.deep.equal([]);
    });

    it(`${kind}: is valid with every optional setting`, async () => {
      const [producer] = await loadText(text.replaceAll(OPTIONAL, '$1'), {
        ...OPTIONS,
        env: Object.fromEntries(VARIABLES),
      });
      expect(producer?.config).to.have.property('on_shutdown', 'dead_letter');
      expect(producer?.config).to.have.nested.property('queue.spool.path').that.contains(`/${kind}-producer-spool`);
      expect(Object.keys({ ...producer?.config, ...ClassLocation.shape })).to.include.members(namesIn(sample.settings));
    });
  }

  it('is valid with all kinds at once, and with all of their options', async () => {
    const text = sampleText(SAMPLES);
    const env = Object.fromEntries(VARIABLES);
    expect(await loadText(text, OPTIONS)).to.have.length(SAMPLES.size);
    expect(await loadText(text.replaceAll(OPTIONAL, '$1'), { ...OPTIONS, env })).to.have.length(SAMPLES.size);
  });

  it('has a comment for each setting, in one column for each producer', () => {
    const lines = sampleText(new Map([['kafka', CUSTOM_SAMPLE]])).split('\n');
    const settings = lines.filter((line) => /^ {4}/.test(line) && !line.includes('name:'));
    expect(new Set(settings.map((line) => line.lastIndexOf(' # '))).size).to.equal(1);
  });
});

const namesIn = (settings: readonly { readonly yaml: string }[]): string[] =>
  settings.filter(({ yaml }) => /^\S/.test(yaml)).map(({ yaml }) => yaml.split(':')[0] as string);
