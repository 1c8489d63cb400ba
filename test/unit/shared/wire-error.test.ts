import { expect } from 'chai';
import * as Ours from '../../../src/shared/errors.ts';
import { TransientSendError } from '../../../src/shared/errors.ts';
import { fromWire, toWire } from '../../../src/shared/wire-error.ts';

describe('an error between threads', () => {
  const there = (error: Error) => fromWire(structuredClone(toWire(error)));

  it('keeps the wait that a transient error asks for', () => {
    const error = there(new TransientSendError('busy', { retryAfterMs: 1500 }));
    expect(error).to.be.instanceOf(TransientSendError).and.include({ message: 'busy', retryAfterMs: 1500 });
  });

  it('crosses whatever its class has made of its parts', () => {
    const odd = [
      { stack: () => {} },
      { code: {} },
      {
        get cause() {
          throw new Error('no cause');
        },
      },
      Object.create(null, {
        stack: {
          get: () => {
            throw new Error('no stack');
          },
          enumerable: true,
          configurable: true,
        },
      }),
    ];
    for (const parts of odd) {
      const error = Object.defineProperties(new Error('odd'), Object.getOwnPropertyDescriptors(parts));
      expect(there(error).message).to.match(/^odd$|cannot be read/);
    }
  });

  it('of another copy of outspool keeps what its class has of its own', async () => {
    const { href } = new URL('../../../src/shared/errors.js?another', import.meta.url);
    const { ConfigError, PermanentSendError }: typeof Ours = await import(href);
    const permanent = there(new PermanentSendError('no', { condemns: 'set' }));
    expect(permanent).to.be.instanceOf(Ours.PermanentSendError).and.include({ condemns: 'set' });
    const issues = [{ path: 'topic', message: 'expected a text', file: 'a.yaml', line: 2, column: 3 }];
    const config = there(new ConfigError(issues));
    expect(config).to.be.instanceOf(Ours.ConfigError).and.have.deep.property('issues', issues);
    expect(config.message).to.contain('a.yaml:2:3');
  });

  it('takes nothing along that cannot be cloned, or that no class of ours has', () => {
    class Invalid extends Ours.PermanentSendError {
      readonly issues = [{ message: 'a secret', check: () => true }];
    }
    expect(there(new Invalid('no'))).to.not.have.property('issues');
    const odd = Object.assign(new Ours.ConfigError('no'), {
      issues: [{ path: ['a'], message: 'm', check: () => {} }, null],
    });
    expect(there(odd)).to.have.deep.property('issues', [
      { path: 'a', message: 'm' },
      { path: 'undefined', message: 'undefined' },
    ]);
    expect(there(Object.assign(new Ours.PermanentSendError('no'), { condemns: () => {} }))).to.include({
      condemns: 'message',
    });
  });

  it('asks for none where none was asked for', () => {
    expect((there(new TransientSendError('busy')) as TransientSendError).retryAfterMs).to.equal(undefined);
  });
});
