import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { ProducerRuntime } from '../../../src/runtime.ts';
import { ConfigError } from '../../../src/shared/errors.ts';
import { quiet } from '../../support/quiet.ts';
import { yamlFile } from '../config/helpers.ts';

describe('the arguments of a runtime', () => {
  let file: string;
  before(async () => {
    file = await yamlFile('producers: [{ type: memory, name: m }]\n');
  });

  async function refused(make: () => unknown): Promise<string> {
    try {
      await make();
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      return (error as Error).message;
    }
    return expect.fail('it was not refused');
  }

  it('fromFile: says that it wants a path, and what it got', async () => {
    for (const [given, got] of [
      [undefined, 'got undefined'],
      ['', 'got an empty string'],
      [5, 'got 5'],
      [{ file: 'x' }, 'got Object'],
      [pathToFileURL(file), 'got URL: fileURLToPath(url) makes a path of it'],
    ] as const)
      expect(await refused(() => ProducerRuntime.fromFile(given as never)))
        .to.include("expected the path of a YAML file, such as 'config/producers.yaml'")
        .and.include(got);
  });

  it('the options: says which is unknown, which was meant, and which there are', async () => {
    const wrong = (options: unknown) => refused(() => ProducerRuntime.fromFile(file, options as never));
    expect(await wrong({ loger: quiet })).to.match(
      /unknown option 'loger' \(did you mean 'logger'\?\), expected logger, deadLetter,.* env$/,
    );
    expect(await wrong({ backoff: 5 })).to.include("unknown option 'backoff', expected logger");
    expect(await wrong({ module: import.meta.url })).to.include("unknown option 'module'");
    expect(await wrong('x')).to.include("expected an object such as { logger } for its options, got text 'x'");
    expect(await wrong(null)).to.include('got nothing');
  });

  it('fromDefinitions: wants what loadDefinitions returns', async () => {
    for (const given of [undefined, file, {}, [{ type: 'memory', name: 'm' }]])
      expect(await refused(() => ProducerRuntime.fromDefinitions(given as never))).to.include('loadDefinitions(file)');
  });

  it('new, and a producer without a name, say what to call', async () => {
    const Runtime = ProducerRuntime as unknown as new (file: string) => ProducerRuntime;
    expect(() => new Runtime(file)).to.throw('ProducerRuntime.fromFile(file)');
    const runtime = await ProducerRuntime.fromFile(file, { logger: quiet });
    expect(() => runtime.producer(undefined as never)).to.throw("expected a producer's name, got undefined");
    await runtime.shutdown();
  });
});
