// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written in YAML
import { expect } from 'chai';
import { z } from 'zod';
import type { CustomLocation } from '../../../../src/config/plan.ts';
import { BaseProducerConfig } from '../../../../src/config/schema/base.ts';
import { ConfigError } from '../../../../src/shared/errors.ts';
import { loadProducers, loadText, OPTIONS, problems, yamlFile } from '../helpers.ts';

const schema = BaseProducerConfig.extend({
  url: z.url(),
  batch: z.int().max(10).default(1),
  label: z
    .string()
    .regex(/^x/, { error: (issue) => `must begin with x, not ${issue.input}` })
    .optional(),
}).refine((config) => config.batch !== 3, { path: ['batch'], error: 'three is right out' });

const custom = (...lines: string[]): string =>
  ['producers:', '  - type: custom', '    name: mine', ...lines.map((line) => `    ${line}`), ''].join('\n');

const found = async () => ({ schema, context: 'the class' });
const options = { customSchema: found };

describe('a custom definition', () => {
  it('is checked with the schema of its class, which does not see where the class is', async () => {
    const [producer] = await loadText(custom('module: ./mine.js', 'url: https://x.example', 'batch: ${N:-4}'), options);
    expect(producer?.config).to.include({ url: 'https://x.example', batch: 4, max_retries: 5 });
    expect(producer?.config).not.to.have.any.keys('module', 'export');
    expect(producer).to.include({ kind: 'custom', context: 'the class' });
    expect([...(producer?.given ?? [])]).to.include('module');
  });

  it('tells the caller where to look', async () => {
    const asked: CustomLocation[] = [];
    const file = await yamlFile(custom('module: ${M:-pkg}', 'export: Mine', 'url: https://x.example'));
    const customSchema = async (location: CustomLocation) => {
      asked.push(location);
      return found();
    };
    await loadProducers(file, { ...OPTIONS, customSchema });
    expect(asked).to.deep.equal([
      { module: 'pkg', export: 'Mine', name: 'mine', baseDir: file.replace('/producers.yaml', '') },
    ]);
  });

  it('reports what the class does not know, and its own rules', async () => {
    const text = custom('exprot: X', 'module: ./mine.js', 'url: nowhere', 'batch: 11', 'max_retries: x');
    expect(await problems(loadText(text, options))).to.deep.equal([
      "4:5  producers[0].exprot  unknown key 'exprot' (did you mean 'export'?)",
      "6:10  producers[0].url  expected a URL, got text 'nowhere'",
      '7:12  producers[0].batch  expected a whole number of at most 10, got 11',
      "8:18  producers[0].max_retries  expected a whole number of at least 0, got text 'x'",
    ]);
    const refined = custom('module: ./mine.js', 'url: https://x.example', 'batch: 3');
    expect(await problems(loadText(refined, options))).to.deep.equal(['6:12  producers[0].batch  three is right out']);
  });

  it("shows a class's own message without values from references", async () => {
    const text = custom('module: m', 'url: https://x.example', 'label: "${L}"');
    expect(await problems(loadText(text, { ...options, env: { L: 'hunter2' } }))).to.deep.equal([
      '6:12  producers[0].label  must begin with x, not ${L}',
    ]);
  });

  it('does not show the credentials of a URL', async () => {
    const [line] = await problems(loadText(custom('module: m', 'url: "http://u:pw@ x"'), options));
    expect(line).to.equal("5:10  producers[0].url  expected a URL, got text 'http://***@ x'");
  });

  it('points at the module, or at the export', async () => {
    const fails = (error: Error) => ({ customSchema: () => Promise.reject(error) });
    const text = custom('module: ./mine.js', 'export: Mine', 'max_retries: x');
    const wrong = "6:18  producers[0].max_retries  expected a whole number of at least 0, got text 'x'";
    const plain = fails(new Error('does not load\nat line 5'));
    expect(await problems(loadText(text, plain))).to.deep.equal(['4:13  producers[0].module  does not load', wrong]);
    const inExport = fails(new ConfigError([{ path: 'export', message: 'is no class' }]));
    expect(await problems(loadText(text, inExport))).to.deep.equal(['5:13  producers[0].export  is no class', wrong]);
    const absent = custom('module: ./mine.js');
    expect(await problems(loadText(absent, inExport))).to.deep.equal(['4:13  producers[0].export  is no class']);
  });
});
