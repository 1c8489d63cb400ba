// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written in YAML
import { expect } from 'chai';
import { z } from 'zod';
import { loadFile } from '../../../../src/config/load.ts';
import { BaseProducerConfig } from '../../../../src/config/schema/base.ts';
import { loadText, OPTIONS, problems, yamlFile } from '../helpers.ts';

const routed = async (value: string) => {
  const text = `producers: [{ type: memory, name: m }]\nroutes: [{ to: m, when: { field: { zip: ${value} } } }]\n`;
  const { routes } = await loadFile(await yamlFile(text), OPTIONS);
  return routes?.routes[0]?.when?.field?.zip;
};

const AS_TEXT = [
  '01234',
  '00',
  '-07',
  '0x1F',
  '0o17',
  '+5',
  '.5',
  '5.',
  '.inf',
  '-.inf',
  '.nan',
  '12345678901234567890',
  '1e400',
];
const AS_NUMBER = { '0': 0, '1234': 1234, '-7': -7, '1.50': 1.5, '1e3': 1000, '9007199254740991': 2 ** 53 - 1 };

describe('a scalar where a number and a text may stand', () => {
  for (const written of AS_TEXT)
    it(`stays the text that was written: ${written}`, async () => {
      expect(await routed(written)).to.equal(written);
      expect(await routed(`[${written}]`)).to.deep.equal([written]);
    });

  for (const [written, number] of Object.entries(AS_NUMBER))
    it(`is a number where the number says all of it: ${written}`, async () => {
      expect(await routed(written)).to.equal(number);
      expect(await routed(`'${written}'`)).to.equal(written);
    });

  it('stays what was written for a class that takes anything', async () => {
    const schema = BaseProducerConfig.extend({ zip: z.unknown(), list: z.array(z.any()) });
    const text = 'producers: [{ type: custom, name: c, module: m, zip: 01234, list: [007, 7, true] }]\n';
    const [loaded] = await loadText(text, { customSchema: async () => ({ schema, context: undefined }) });
    expect(loaded?.config).to.deep.include({ zip: '01234', list: ['007', 7, true] });
  });
});

const SECONDS = ['backoff_seconds', 'connect_timeout_seconds', 'attempt_timeout_seconds'];

describe('a setting in seconds', () => {
  const config = async (settings: string, env: Record<string, string> = {}) =>
    (await loadText(`producers: [{ name: one, ${settings} }]\n`, { env }))[0]?.config ?? {};

  for (const setting of SECONDS)
    it(`is a number or a duration: ${setting}`, async () => {
      for (const written of ['90', '90s', "'90 s'", '1.5m', '90000ms', '"${T:-90s}"', '"${T:-90}"'])
        for (const type of ['memory', 'stdout', 'kafka', "http, url: 'http://h'"])
          expect(await config(`type: ${type}, ${setting}: ${written}`), written).to.include({ [setting]: 90 });
    });

  it('is one for a topic that is missing', async () => {
    expect(await config('type: kafka, topic_missing_seconds: 5m')).to.include({ topic_missing_seconds: 300 });
  });

  it('keeps to its bounds, and to the rules of others', async () => {
    const wrong = (settings: string) => problems(loadText(`producers: [{ name: one, ${settings} }]\n`));
    const text = 'expected a number greater than 0 and at most 2147483, or a duration such as 60s, got ';
    expect(await wrong('type: memory, connect_timeout_seconds: 0s')).to.deep.equal([
      `1:65  producers[0].connect_timeout_seconds  ${text}text '0s'`,
    ]);
    expect(await wrong('type: memory, connect_timeout_seconds: 600h')).to.have.length(1);
    expect(await wrong('type: memory, connect_timeout_seconds: 5 seconds')).to.have.length(1);
    const rule = "type: http, url: 'http://h', request_timeout: 40s, attempt_timeout_seconds: ";
    expect(await wrong(`${rule}30s`)).to.have.length(1);
    expect(await config(`${rule}1m`)).to.include({ attempt_timeout_seconds: 60 });
  });
});
