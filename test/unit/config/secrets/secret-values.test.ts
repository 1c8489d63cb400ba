/** Secret values that are neither texts nor mappings: what of them is not said, and what is said all the same (I9). */

import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { BaseProducerConfig } from '../../../../src/config/schema/base.ts';
import { maskOf, withoutSecrets } from '../../../../src/config/secrets/mask.ts';
import { secret } from '../../../../src/config/secrets/secret-mark.ts';
import { maskedData } from '../../../../src/shared/log/masking.ts';

const TEXT = 'open-sesame';
const BYTES = Buffer.from(TEXT);
const BINARY = Buffer.from([0xff, 0xfe, 0x00, 0x81, 0xc3]);
const DATE = new Date('2001-02-03T04:05:06.789Z');

const bufferOf = (bytes: Buffer): ArrayBuffer => Uint8Array.from(bytes).buffer;

class Door {
  readonly #key = TEXT;
  toString(): string {
    return `door of ${this.#key}`;
  }
}

class Credentials {
  readonly user = 'me';
  readonly key = TEXT;
}

/** A marked value, and the texts by which it must not come up. */
const MARKED: Readonly<Record<string, readonly [value: unknown, texts: readonly string[]]>> = {
  'a Buffer': [BYTES, [TEXT, BYTES.toString('base64'), BYTES.toString('hex'), inspect(BYTES).slice(8, -1)]],
  'a Uint8Array': [new Uint8Array(BYTES), [TEXT, BYTES.join(','), JSON.stringify([...BYTES]).slice(1, -1)]],
  'a DataView': [new DataView(bufferOf(BYTES)), [TEXT, BYTES.toString('base64url')]],
  'an ArrayBuffer': [bufferOf(BYTES), [TEXT, BYTES.toString('hex').toUpperCase()]],
  'bytes that are no text': [BINARY, [BINARY.toString('base64'), BINARY.toString('hex'), 'ff fe 00 81 c3']],
  'more bytes than are shown': [Buffer.alloc(60, 7), [Array.from({ length: 50 }, () => '07').join(' ')]],
  'bytes that are JSON': [Buffer.from(`{"password":"${TEXT}"}`), [TEXT]],
  'a Map': [new Map([['a', TEXT]]), [TEXT]],
  'a Map of mappings': [new Map([['a', { b: [TEXT] }]]), [TEXT]],
  'a Set': [new Set([TEXT]), [TEXT]],
  'a Date': [DATE, ['2001-02-03T04:05:06.789Z', String(DATE)]],
  'a URL': [new URL(`https://example.com/${TEXT}`), [`https://example.com/${TEXT}`]],
  'a RegExp': [/open-sesame/, ['/open-sesame/']],
  'an instance that says its own text': [new Door(), [`door of ${TEXT}`]],
  'an instance with members': [new Credentials(), [TEXT]],
  'a key': [createSecretKey(BYTES), []],
  'a long number': [4711, ['4711']],
  'a bigint': [4711n, ['4711']],
};

/** Numbers that are shown in columns, and as many as are shown of them. */
const MANY_BYTES = Uint8Array.from({ length: 300 }, (_, n) => (n * 89) % 256);
const ARRAYS: Readonly<Record<string, NodeJS.TypedArray | ArrayBuffer>> = {
  'a few bytes': new Uint8Array(BYTES),
  'many bytes': MANY_BYTES,
  'as many as are shown': MANY_BYTES.slice(0, 100),
  'clamped bytes': new Uint8ClampedArray(MANY_BYTES),
  'signed bytes': new Int8Array(MANY_BYTES.buffer),
  'numbers of two bytes': new Uint16Array(MANY_BYTES.buffer),
  'numbers of four bytes': new Int32Array(MANY_BYTES.buffer),
  floats: Float64Array.from({ length: 40 }, (_, n) => 1000.5 + n),
  bigints: BigInt64Array.from({ length: 40 }, (_, n) => 1000n + BigInt(n)),
  'an ArrayBuffer': MANY_BYTES.buffer,
  'a Buffer': Buffer.from(MANY_BYTES),
};

const schema = BaseProducerConfig.extend({ field: secret(z.unknown()) });
const configOf = (field: unknown) => ({ type: 'custom', name: 'a', field });

describe('a value that is marked as secret', () => {
  for (const [name, [value, texts]] of Object.entries(MARKED))
    it(`is not said, where it is ${name}`, () => {
      const mask = maskOf(configOf(value), { schema });
      for (const text of texts) expect(mask(`<${text}>`), text).to.equal('<***>');
      expect(withoutSecrets(configOf(value), schema)).to.deep.equal(configOf('***'));
    });

  for (const [name, value] of Object.entries(ARRAYS))
    it(`is not said as util.inspect shows it, at any depth: ${name}`, () => {
      const mask = maskOf(configOf(value), { schema });
      for (const around of [value, { a: value }, { a: [{ b: value }] }]) {
        const said = mask(inspect(around, { depth: 9 }));
        expect(said)
          .to.include('***')
          .and.not.to.match(/\d+n?, +\d+|[0-9a-f]{2} [0-9a-f]{2}/);
      }
    });

  it('is not said as JSON shows it by its places', () => {
    const said = maskOf(configOf(MANY_BYTES), { schema })(JSON.stringify({ a: MANY_BYTES }));
    expect(said).to.equal('{"a":{***}}');
  });

  const HARMLESS = 'offset 104 of 12 true false null undefined 0 1 2, 110, 101 a ab';
  const SHORT: readonly unknown[] = [
    true,
    false,
    1,
    12,
    0,
    'a',
    BYTES,
    new Uint8Array([104]),
    new Uint8Array([97, 98]),
  ];
  for (const value of [...SHORT, new Map([['a', 1]]), new Set([true]), [1, true], new Date(Number.NaN)])
    it(`leaves ordinary words and numbers of a log alone, where it is ${inspect(value)}`, () => {
      expect(maskOf(configOf(value), { schema })(HARMLESS)).to.equal(HARMLESS);
      expect(inspect(withoutSecrets(configOf(value), schema))).to.include('***');
    });

  for (const value of [null, undefined])
    it(`is nothing, where it is ${value}`, () => {
      expect(maskOf(configOf(value), { schema })(HARMLESS)).to.equal(HARMLESS);
      expect(withoutSecrets(configOf(value), schema)).to.deep.equal(configOf(value));
    });

  it('is not the undoing of who is asked for its text', () => {
    const sly = Object.create({ toString: () => expect.fail('no text') });
    expect(maskOf(configOf(sly), { schema })('a')).to.equal('a');
  });
});

describe('a value that is not marked', () => {
  const open = BaseProducerConfig.extend({ field: z.unknown(), password: z.unknown() });
  const WITH_SECRETS: Readonly<Record<string, unknown>> = {
    'a URL': { field: new URL(`https://me:${TEXT}@example.com/`) },
    'a Map': { field: new Map([['password', TEXT]]) },
    'a Set': { field: new Set([`https://me:${TEXT}@example.com/`]) },
    'an instance': { field: Object.assign(new Credentials(), { password: TEXT }) },
    'a Map of URLs': { field: new Map([['a', `https://me:${TEXT}@example.com/`]]) },
    'an instance with a URL': { field: Object.assign(new Door(), { at: `https://me:${TEXT}@example.com/` }) },
    'bytes under a key of a secret': { password: BYTES },
  };
  for (const [name, fields] of Object.entries(WITH_SECRETS))
    it(`is searched for secrets: ${name}`, () => {
      const config = { type: 'custom', name: 'a', ...(fields as object) };
      const mask = maskOf(config, { schema: open });
      expect(mask(`<${TEXT}>`)).to.equal('<***>');
      const said = maskedData(withoutSecrets(config, open), mask);
      expect(inspect(said, { depth: 9 }) + JSON.stringify(said)).not.to.include(TEXT);
    });

  const around: unknown[] = [];
  for (let times = 0; times < 8; times++) around.push(new Map([['self', around]]), { around });
  const gone = new Uint8Array(8);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const ODD: Readonly<Record<string, unknown>> = {
    'bytes that were transferred away': [gone, gone.buffer],
    'bytes of 100 MiB': Buffer.alloc(100 * 1024 * 1024, '://a:b@'),
    'a list that contains itself many times': around,
    'a Map with a key that has no text': new Map([[Object.create(null), 1]]),
    'an object whose text cannot be asked for': Object.create(
      Object.defineProperty({}, 'toString', { get: () => expect.fail('no text') }),
    ),
  };
  for (const [name, field] of Object.entries(ODD))
    it(`is no obstacle: ${name}`, () => expect(maskOf(configOf(field), { schema: open })(TEXT)).to.equal(TEXT));

  it('is shown as it is: bytes, dates and collections', () => {
    const config = configOf([BYTES, DATE, new Map([['a', 1]]), new Set([TEXT])]);
    expect(withoutSecrets(config, open)).to.deep.equal(config);
    expect(maskOf(config, { schema: open })(TEXT)).to.equal(TEXT);
  });

  it('is shown where it is a date under a key that sounds like a secret', () => {
    const config = { type: 'custom', name: 'a', password_until: DATE };
    expect(withoutSecrets(config, open)).to.deep.equal(config);
  });
});
