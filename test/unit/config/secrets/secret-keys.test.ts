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
  ...[
    'smtpPass',
    'dbPwd',
    'DBPwd',
    'githubPat',
    'userPWD',
    'authJwt',
    'wifiPsk',
    'blobSas',
    'db.pass',
    'passcode',
    'passCode',
  ],
  ...[
    'license_key',
    'licence-key',
    'subscription_key',
    'client_key',
    'consumerKey',
    'app_key',
    'application_key',
    'appKeys',
  ],
  ...[
    'function_key',
    'functionsKey',
    'ssh_key',
    'service_key',
    'Ocp-Apim-Subscription-Key',
    'X-Functions-Key',
    'ssl.key.pem',
  ],
  ...['SharedAccessSignature', 'shared_access_signature', 'sasToken', 'api_key_v2', 'privateKey', 'private.key'],
  ...['password', 'passphrase', 'client_secret', 'token', 'api_key', 'private-key', 'cookie', 'ssl.key.password'],
];

const HARMLESS = [
  ...['path', 'pattern', 'bypass', 'compass', 'key', 'key_field', 'routing_key', 'partition_key', 'sasl_mechanism'],
  ...[
    'routingKey',
    'keyField',
    'error_code',
    'status_code',
    'code',
    'sig',
    'signature',
    'public_key',
    'publicKey',
    'primary_key',
  ],
  ...[
    'ssl_keyfile',
    'ssl_certfile',
    'sslKeyfile',
    'private_key_path',
    'clientKeyFile',
    'ssh_key_file',
    'ssl.key.location',
  ],
  ...[
    'client_keystore',
    'appKeyboard',
    'service_keyspace',
    'api_key_header',
    'jwt_issuer',
    'jwtAlgorithm',
    'passThrough',
  ],
  ...[
    'filePath',
    'urlPattern',
    'compassKey',
    'mapKey',
    'consumerKeyField',
    'client_key_id',
    'sort_key',
    'foreign_key',
    'key',
  ],
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
  ...Object.fromEntries(
    ['sig', 'SIG', 'signature', 'X-Amz-Signature', 'se=1&sig', 'api_key', 'appKey', 'access_token'].map((name) => [
      `the parameter ${name}`,
      { url: `https://example.com/{topic}?${name}=${PASSWORD}&a=b` },
    ]),
  ),
  'the parameter code': { url: `https://example.com/api/fn?code=${PASSWORD}` },
  'a shared access signature': { target: `BlobEndpoint=https://a.example/;SharedAccessSignature=${PASSWORD}` },
  'a header of Azure': { headers: { 'Ocp-Apim-Subscription-Key': PASSWORD } },
  'a header of functions': { headers: { 'x-functions-key': PASSWORD } },
  'a part of a webhook': { url: `https://hooks.example.com/services/T024BE7LD/${PASSWORD}` },
  'a parameter of a URL': { url: `https://example.com/?sas=${PASSWORD}` },
};

const FORMS: Readonly<Record<string, string>> = {
  'as it is': PASSWORD,
  'in base64': Buffer.from(PASSWORD).toString('base64'),
  'in base64 for URLs': Buffer.from(PASSWORD).toString('base64url'),
  'in hex, upper case': Buffer.from(PASSWORD).toString('hex').toUpperCase(),
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
    billing: {
      service_key: 'billing',
      clientKey: 'billing',
      consumer_key: 'billing',
      url: 'https://a/?service_key=billing',
    },
    '200': { url: 'https://a.example/?code=200&sig=v1', error_code: '200', status: '200' },
    '/etc/tls/client.key': { client_key: '/etc/tls/client.key', private_key: '/etc/tls/client.key' },
    '~/.ssh/id_ed25519': { ssh_key: '~/.ssh/id_ed25519' },
    '/v1/webhooks/orders': {
      url: 'https://a.example/v1/webhooks/orders',
      hook: 'https://webhooks.a/v1/webhooks/orders',
    },
    '/v1/orders/2024-10-11/0123456789abcdef': { url: 'https://a.example/v1/orders/2024-10-11/0123456789abcdef' },
  };
  for (const [word, config] of Object.entries(WORDS))
    it(`are no words: ${word}`, () => expect(maskOf(config)(`a ${word} b`)).to.equal(`a ${word} b`));

  it('are all in quotes, with spaces too, and any where a key says so', () => {
    expect(maskOf({ dsn: 'password="of two words"' })('<of two words>')).to.equal('<***>');
    expect(maskOf({ password: 'main', auth: { storage_key: 'orders' } })('main orders')).to.equal('*** ***');
  });

  /** URLs of webhooks, as their vendors make them, in the path of which the secret is. */
  const WEBHOOKS = [
    'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX',
    'https://discord.com/api/webhooks/104711/aBcD-ef_0123456789',
    'https://acme.webhook.office.com/webhookb2/11111111-2222@33333333/IncomingWebhook/0123456789abcdef/4444',
    'https://chat.example.com/hooks/xk3wq8r1ti8d5gn7fy9mb2jz4a',
    'https://hooks.zapier.com/hooks/catch/123456/abc1234/',
    'https://api.telegram.org/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage',
  ];
  for (const url of WEBHOOKS)
    it(`are the path of ${url}`, () => {
      const { pathname, origin } = new URL(url);
      const mask = maskOf({ type: 'custom', url });
      expect(mask(`POST ${pathname} failed`)).to.equal('POST *** failed');
      expect(mask(`${url} failed`)).to.equal(`${origin}*** failed`);
      expect(mask(encodeURIComponent(url))).not.to.include(encodeURIComponent(pathname));
    });

  /** Texts with characters that encodings treat in different ways. */
  const ODD = ['S3cret!x', 'two words!', "it's (a) *secret*~", 'a+b/c=&d%', 'gr\u00fc\u00dfe ~!'];
  for (const secret of ODD)
    it(`are masked in each encoding: ${secret}`, () => {
      const strict = encodeURIComponent(secret).replace(/[!'()*]/g, (char) =>
        `%${char.charCodeAt(0).toString(16)}`.toUpperCase(),
      );
      const form = new URLSearchParams({ a: secret }).toString().slice(2);
      const hex = Buffer.from(secret).toString('hex');
      const mask = maskOf({ password: secret });
      for (const text of [secret, encodeURIComponent(secret), strict, form, hex, hex.toUpperCase()])
        expect(mask(`<${text}>`), text).to.equal('<***>');
    });

  it('are masked as Basic authorization of a client, URL-encoded or not', () => {
    for (const [id, key] of [
      ['client_id', 'client_secret'],
      ['clientId', 'clientSecret'],
      ['oauth.client.id', 'oauth.client.secret'],
    ] as const)
      for (const join of [
        (text: string) => text,
        (text: string) => new URLSearchParams({ a: text }).toString().slice(2),
      ]) {
        const basic = Buffer.from(`${join('my app')}:${join('S3cret!x')}`).toString('base64');
        expect(maskOf({ auth: { [id]: 'my app', [key]: 'S3cret!x' } })(`Basic ${basic}.`), id).to.equal('Basic ***.');
      }
  });

  it('are masked in a shared access signature, whole and in part', () => {
    const signature = 'sv=2022-11-02&sr=b&sig=abc%2Bdef%3D&se=2030';
    const mask = maskOf({ dsn: `BlobEndpoint=https://a.example/;SharedAccessSignature=${signature}` });
    for (const text of [signature, 'abc%2Bdef%3D', 'abc+def=']) expect(mask(`<${text}>`)).to.equal('<***>');
  });

  it('are masked as Basic authorization', () => {
    const basic = Buffer.from(`me:${PASSWORD}`).toString('base64');
    expect(maskOf({ auth: { user: 'me', pass: PASSWORD } })(`Basic ${basic}`)).to.equal('Basic ***');
  });
});
