/** Samples and check messages have what the URL of their producer needs. */

import { expect } from 'chai';
import fc from 'fast-check';
import { contentOf } from '../../../../src/cli/smoke/plan.ts';
import { sample } from '../../../../src/cli/smoke/samples.ts';
import { parseUrlTemplate, UrlProblem } from '../../../../src/config/schema/url-template.ts';
import { completed } from '../../../../src/kinds/common/needs.ts';
import { needsOf } from '../../../../src/kinds/http/needs.ts';
import { fillIn } from '../../../../src/kinds/http/placeholders.ts';
import { HttpProducerConfig } from '../../../../src/kinds/http/schema.ts';
import type { MessageInput } from '../../../../src/shared/message/message.ts';
import { messageWith } from '../../../support/letters.ts';

/** Returns the path of a message, as the producer fills it. */
function pathOf(url: string, { key, value, headers }: MessageInput): string {
  const bytes = value instanceof Uint8Array ? value : Buffer.from(JSON.stringify(value));
  const message = messageWith({
    key: key == null ? null : Buffer.from(key as string),
    value: value === null ? null : bytes,
    headers: (headers as [string, string][]).map(([name, text]) => [name, Buffer.from(text)]),
  });
  return fillIn(parseUrlTemplate(url), Object.assign(message, { id: 'id' }));
}

const isPossible = (url: string): boolean => {
  try {
    parseUrlTemplate(url);
    return true;
  } catch (error) {
    expect(error).to.be.instanceOf(UrlProblem);
    return false;
  }
};

const word = fc.constantFrom('a', 'b', 'smoke', 'text', 'at', 'nested', '0', 'check', '__proto__', 'constructor');
const field = fc.array(word, { minLength: 1, maxLength: 3 }).map((path) => `field.${path.join('.')}`);
const header = fc
  .constantFrom('source', 'X-Tenant', 'Outspool-Smoke', 'outspool-check')
  .map((name) => `header.${name}`);
const name = fc.oneof(field, header, fc.constantFrom('key', 'topic'));
const placeholder = fc.tuple(name, fc.constantFrom('', '', ':-none')).map(([text, fallback]) => `{${text}${fallback}}`);
const url = fc
  .array(placeholder, { maxLength: 4 })
  .map((all) => `http://localhost/${all.join('/')}`)
  .filter(isPossible);

describe('a message that tries an HTTP producer out', () => {
  it('has a value for each placeholder of its URL', () => {
    const bodies = fc.constantFrom('json', 'raw');
    fc.assert(
      fc.property(url, url, bodies, fc.constantFrom('body', 'delete'), (ordinary, ofErrors, body, tombstones) => {
        const settings = { type: 'http', name: 'hook', url: ordinary, error_url: ofErrors, body, tombstones };
        const config = HttpProducerConfig.parse(settings);
        const content = contentOf({ kind: 'http', config } as never, { messages: 20 });
        for (let index = 0; index < 20; index++) {
          const message = sample('run', index, content);
          expect(() => pathOf(message.isError ? ofErrors : ordinary, message), `${index}`).not.to.throw();
        }
      }),
    );
  });

  it('keeps what it is without placeholders', () => {
    const message = { key: 'k', value: { check: 'outspool', at: { b: 1 } }, headers: { 'X-A': '1' } };
    const complete = (path: string) => completed(message, needsOf({ url: `http://a/${path}` }, false), 'text');
    const headers = [['X-A', '1']];
    expect(complete('{key}/{topic}/{id}')).to.deep.equal({ ...message, headers });
    expect(complete('{field.at.c}?{header.x-a}{header.x-b}')).to.deep.equal({
      key: 'k',
      value: { check: 'outspool', at: { b: 1, c: 'text' } },
      headers: [...headers, ['x-b', 'text']],
    });
    expect(complete('{field.check.d}').value).to.deep.equal({ check: { d: 'text' }, at: { b: 1 } });
  });
});
