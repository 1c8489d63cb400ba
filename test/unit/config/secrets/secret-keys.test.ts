/** Which values are secrets, by their keys and by their form, and in which forms they are found in a text. */

import { expect } from 'chai';
import { isSecret } from '../../../../src/config/report/redact.ts';
import { maskOf } from '../../../../src/config/secrets/mask.ts';

const SECRET = [
  ...[
    'pass',
    'pwd',
    'pat',
    'db_pass',
    'user_pwd',
    'github_pat',
    'jwt',
    'auth-jwt',
    'psk',
    'sas',
    'session',
    'session_id',
  ],
  ...['access_key', 'accessKey', 'aws_secret_access_key', 'signing_key', 'encryption_key', 'account_key', 'auth_key'],
  ...['shared_access_key', 'master_key', 'hmac_key', 'storageKey', 'webhook', 'webhook_url', 'connection_string'],
  ...['password', 'passphrase', 'client_secret', 'token', 'api_key', 'private-key', 'cookie', 'ssl.key.password'],
];

const HARMLESS = [
  ...['path', 'pattern', 'bypass', 'compass', 'key', 'key_field', 'routing_key', 'partition_key', 'sasl_mechanism'],
  ...['session.timeout.ms', 'session_timeout', 'access_key_id', 'passive', 'patch', 'user', 'username', 'keyspace'],
];

const PASSWORD = 'hunter2-hunter2';

const CONFIGS: Readonly<Record<string, object>> = {
  'a mapping of credentials': { auth: { user: 'me', pass: PASSWORD } },
  'a connection string': { target: `Endpoint=sb://a.b/;SharedAccessKeyName=n;SharedAccessKey=${PASSWORD}` },
  'an ODBC string': { dsn: `Server=a;Uid=me;Pwd=${PASSWORD};` },
  'an address without a scheme': { host: `me:${PASSWORD}@example.com` },
  'a URL': { url: `https://me:${PASSWORD}@example.com/` },
  'an address with a port': { host: `me:${PASSWORD}@cache:6379` },
  'a setting in quotes': { dsn: `host=a password="${PASSWORD}"` },
  'a setting in single quotes': { dsn: `host=a password='${PASSWORD}'` },
  'a storage key': { storage_key: PASSWORD },
  'a parameter of a URL': { url: `https://example.com/?sas=${PASSWORD}` },
};

const FORMS: Readonly<Record<string, string>> = {
  'as it is': PASSWORD,
  'in base64': Buffer.from(PASSWORD).toString('base64'),
  'in base64 for URLs': Buffer.from(PASSWORD).toString('base64url'),
  'in hex': Buffer.from(PASSWORD).toString('hex'),
};

describe('secrets of a configuration', () => {
  for (const key of SECRET) it(`are under ${key}`, () => expect(isSecret([key])).to.equal(true));
  for (const key of HARMLESS) it(`are not under ${key}`, () => expect(isSecret([key])).to.equal(false));

  for (const [name, config] of Object.entries(CONFIGS))
    for (const [form, text] of Object.entries(FORMS))
      it(`of ${name} are masked ${form}`, () => {
        expect(maskOf(config)(`before ${text} after`)).to.equal('before *** after');
      });

  const WORDS: Readonly<Record<string, object>> = {
    main: { client_id: 'svc:main@eu-1' },
    latest: { image: `repo:latest@sha256:${'0'.repeat(64)}` },
    stable: { image: 'repo:stable@sha' },
    orders: { storage_key: 'orders', sharedKey: 'orders', to: 'mailto:orders@example.com' },
    'late orders': { dsn: 'storage_key="late orders"' },
    cache: { host: 'me:cache@redis:6379' },
  };
  for (const [word, config] of Object.entries(WORDS))
    it(`are no words: ${word}`, () => expect(maskOf(config)(`a ${word} b`)).to.equal(`a ${word} b`));

  it('are all in quotes, with spaces too, and any where a key says so', () => {
    expect(maskOf({ dsn: 'password="of two words"' })('<of two words>')).to.equal('<***>');
    expect(maskOf({ password: 'main', auth: { storage_key: 'orders' } })('main orders')).to.equal('*** ***');
  });

  it('are masked as Basic authorization', () => {
    const basic = Buffer.from(`me:${PASSWORD}`).toString('base64');
    expect(maskOf({ auth: { user: 'me', pass: PASSWORD } })(`Basic ${basic}`)).to.equal('Basic ***');
  });
});
