import { expect } from 'chai';
import { createLogger, type Logger, safeLogger } from '../../../../src/shared/log/logger.ts';

function logged(level: string | undefined) {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(level, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { level: logger.level, lines };
}

describe('the default logger', () => {
  for (const level of ['', ' ', 'verbose', '30', 'toString', 'info,debug'])
    it(`has its default level and one warning for ${JSON.stringify(level)}`, () => {
      const { level: used, lines } = logged(level);
      expect(used).to.equal('info');
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include({ level: 40, OUTSPOOL_LOG_LEVEL: level });
      expect(String(lines[0]?.msg)).to.contain('trace, debug, info, warn, error, fatal, silent');
    });

  it('has the level that the environment names, in whatever case', () => {
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent', 'WARN', ' Debug '])
      expect(logged(level)).to.deep.equal({ level: level.trim().toLowerCase(), lines: [] });
    expect(logged(undefined)).to.deep.equal({ level: 'info', lines: [] });
  });
});

describe('the log of a class', () => {
  const GIVEN: readonly [unknown[], object, string][] = [
    [[{ a: 1 }, 'text'], { a: 1 }, 'text'],
    [['text'], {}, 'text'],
    [['text', { a: 1 }], { a: 1 }, 'text'],
    [['text', 'secret'], { given: '***' }, 'text'],
    [['a secret'], {}, 'a ***'],
    [[{ a: 'secret' }], { a: '***' }, ''],
    [[undefined, 'text'], { given: undefined }, 'text'],
    [[7, 8], { given: 7 }, '8'],
  ];

  for (const [given, fields, text] of GIVEN)
    it(`loses nothing that it is given: ${JSON.stringify(given)}`, () => {
      const lines: unknown[][] = [];
      const note = (...line: unknown[]) => void lines.push(line);
      const log = safeLogger({ debug: note, info: note, warn: note, error: note }, (said) =>
        said.replaceAll('secret', '***'),
      );
      (log as Record<keyof Logger, (...parts: unknown[]) => void>).warn(...given);
      expect(lines).to.deep.equal([[fields, text]]);
    });
});
