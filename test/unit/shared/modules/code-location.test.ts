import { join } from 'node:path';
import { expect } from 'chai';
import { errorLine, errorText } from '../../../../src/shared/error-text.ts';
import { Message } from '../../../../src/shared/message/message.ts';
import { codeLocation } from '../../../../src/shared/modules/code-location.ts';
import { fromWire, toWire } from '../../../../src/shared/wire-error.ts';

/** An error with such a stack, of which the folder `~` is the working directory. */
function withStack(error: Error, ...lines: string[]): Error {
  error.stack = lines.join('\n').replaceAll('~', process.cwd());
  return error;
}

describe('the location of a bug in code', () => {
  const bug = (...frames: string[]) =>
    withStack(
      new TypeError('x is undefined'),
      'TypeError: x is undefined',
      ...frames.map((frame) => `    at ${frame}`),
    );

  it('is the first frame outside outspool, Node and packages', () => {
    const ours = new URL('../../../../src/shared/message/message.js', import.meta.url).href;
    const error = bug(
      'JSON.parse (<anonymous>)',
      `Message.json (${ours}:1:2)`,
      'node:internal/deps/undici/undici:14976:13',
      'f (file://~/node_modules/left-pad/index.js:3:4)',
      'async Hook._send (file://~/my%20code/hook.mjs?v=2:7:23)',
      'async file://~/other.mjs:1:1',
    );
    expect(codeLocation(error)).to.equal(`${join('my code', 'hook.mjs')}:7:23`);
  });

  for (const [frame, location] of [
    ['file:///elsewhere/hook.mjs:7:23', '/elsewhere/hook.mjs:7:23'],
    ['async file://~/hook.mjs:7:23', 'hook.mjs:7:23'],
    ['Object.<anonymous> (~/lib (old)/hook.cjs:7:23)', 'lib (old)/hook.cjs:7:23'],
    ['eval (eval at f (file://~/hook.mjs:7:23), <anonymous>:1:1)', undefined],
    ['f (data:text/javascript,x:1:1)', undefined],
    ['f (file://other.host/hook.mjs:1:1)', undefined],
  ] as const)
    it(`is ${location} for ${frame}`, () => {
      expect(errorText(bug(frame))).to.equal(
        location === undefined ? 'x is undefined' : `x is undefined (${location})`,
      );
    });

  it('is where a module is wrong, not where it is imported', () => {
    const loader = '    at async ModuleLoader.import (node:internal/modules/esm/loader:606:24)';
    const app = '    at async file://~/app.mjs:2:1';
    const syntax = (...before: string[]) => withStack(new SyntaxError('no'), ...before, 'SyntaxError: no', loader, app);
    expect(codeLocation(syntax('file://~/hook.mjs:7', 'retrun x', '       ^'))).to.equal('hook.mjs:7');
    expect(codeLocation(syntax('~/hook.cjs:7'))).to.equal('hook.cjs:7');
    expect(codeLocation(syntax())).to.equal(undefined);
  });

  it('comes from another thread, once', () => {
    const error = bug('Hook._send (file://~/hook.mjs:7:23)');
    const there = fromWire(structuredClone(toWire(error)));
    expect(there.message).to.equal('x is undefined (hook.mjs:7:23)');
    expect(errorText(there)).to.equal(there.message);
    expect(toWire(there).message).to.equal(there.message);
  });

  it('is none for a failed fetch, and for errors that are no bugs', () => {
    const frame = '    at Hook._send (file://~/hook.mjs:7:23)';
    const failed = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    expect(errorText(withStack(failed, 'TypeError: fetch failed', frame))).to.equal(
      'fetch failed: connect ECONNREFUSED',
    );
    expect(codeLocation(withStack(new Error('no'), 'Error: no', frame))).to.equal(undefined);
  });

  it('follows the first line of a message that has several', () => {
    const error = withStack(new TypeError('a\nb'), 'TypeError: a', 'b', '    at file://~/hook.mjs:7:23');
    expect(errorLine(error)).to.equal('a (hook.mjs:7:23)');
  });

  it('is found in a real stack', () => {
    const message = Message.fromJSON({ topic: 't', bytes: '{' });
    let thrown: unknown;
    try {
      message.json();
    } catch (error) {
      thrown = error;
    }
    expect(errorText(thrown)).to.match(/ \(build.test.unit.shared.modules.code-location\.test\.js:\d+:\d+\)$/);
  });
});
