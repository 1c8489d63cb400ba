import { expect } from 'chai';
import { createLogger } from '../../../../src/shared/log/logger.ts';

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
