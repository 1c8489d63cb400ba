import * as api from '@opentelemetry/api';
import { expect } from 'chai';
import { assertTelemetry } from '../../../../src/caller/telemetry/options.ts';
import { ConfigError } from '../../../../src/shared/errors.ts';

describe('the option telemetry', () => {
  const problem = (telemetry: unknown): string => {
    try {
      assertTelemetry(telemetry as never);
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      return (error as Error).message;
    }
    return 'none';
  };

  it('takes the module @opentelemetry/api', () => {
    expect(problem({ api })).to.equal('none');
  });

  it('says in one line what is wrong', () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [{ api, traces: 1 }, /^options\.telemetry\.traces: expected true or false, got/],
      [true, /^options\.telemetry: expected an object such as \{ api \} for its options, got true$/],
      [{}, /^options\.telemetry\.api: expected the module @opentelemetry\/api \(.*\), got undefined$/],
      [{ api: api.trace }, /^options\.telemetry\.api: expected the module @opentelemetry\/api \(.*\), got TraceAPI$/],
      [{ api, apis: 1 }, /unknown option 'apis' \(did you mean 'api'\?\)/],
    ];
    for (const [telemetry, expected] of cases) {
      expect(problem(telemetry)).to.match(expected);
      expect(problem(telemetry)).not.to.include('\n');
    }
  });
});
