/** Which parts of URLs are masked: the whole values of secret parameters, and tokens of webhooks, but no names of topics. */

import { expect } from 'chai';
import fc from 'fast-check';
import { maskOf } from '../../../../src/config/secrets/mask.ts';

describe('the secrets in URLs', () => {
  /** Values of a parameter, and a text that must not survive. */
  const VALUES: Readonly<Record<string, string>> = {
    'ab;cdefghijkl': 'cdefghijkl',
    'hunter;2secret': '2secret',
    'my secret': 'secret',
    'hunter"2secret': '2secret',
    "hunter'2secret": '2secret',
    'hunter+2;sec%72et': '2;secret',
  };
  for (const [value, rest] of Object.entries(VALUES))
    it(`are whole: ${value}`, () => {
      for (const url of [`https://x/?token=${value}`, `https://x/?a=b&token=${value}&c=d`, `/hook?token=${value}#e`]) {
        const masked = maskOf({ url })(`<${value}> <${url}>`);
        expect(masked, url).to.not.include(rest);
        expect(masked, url).to.match(/^<\*\*\*> <.*\*\*\*.*>$/);
      }
    });

  it('end with a part of a connection string', () => {
    const mask = maskOf({ dsn: 'BlobEndpoint=https://x/?sig=abcdefgh;EntityPath=orders;Other=1' });
    expect(mask('abcdefgh of EntityPath=orders')).to.equal('*** of EntityPath=orders');
  });

  it('end with a URL in a text of several', () => {
    const mask = maskOf({ text: 'https://x/?token=abcdef and more\nhttps://y/?token=ghijkl\nthe end' });
    expect(mask('abcdef ghijkl')).to.equal('*** ***');
  });

  const PIECES = [';', ' ', '+', '%41', '%2b', '%3B', '%20', '%', '"', "'", '=', '?', '/', 'ü', 'q', 'Z7'];
  const secrets = fc
    .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 12 })
    .map((pieces) => `Qx${pieces.join('')}Wz`);
  const places = fc.constantFrom(
    (value: string) => `https://x.example/?token=${value}`,
    (value: string) => `https://x.example/a?b=c&api_key=${value}&d=e`,
    (value: string) => `amqp://x.example/?access%5Ftoken=${value}#f`,
    (value: string) => `/hook?token=${value}`,
  );

  it('have no form that survives', () => {
    const decoded = (text: string): string[] => {
      try {
        return [decodeURIComponent(text)];
      } catch {
        return [];
      }
    };
    fc.assert(
      fc.property(secrets, places, (secret, place) => {
        const url = place(secret);
        const { search, searchParams } = new URL(url, 'https://x.example');
        const [meant = ''] = [...searchParams].flatMap(([name, value]) => (/token|key/.test(name) ? [value] : []));
        const [, sent = ''] = /(?:token|key)=([^&#]*)/.exec(search) ?? [];
        const plain = [secret, sent, meant, ...decoded(secret), ...decoded(secret.replaceAll('+', ' '))];
        const mask = maskOf({ url });
        for (const form of plain.flatMap((text) => [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)]))
          expect(mask(`<${form}>`), `${form} of ${url}`).to.equal('<***>');
        for (const text of [url, `POST ${search} failed`])
          expect(mask(text), `${text} of ${url}`).to.match(/^[^Q]*\*\*\*[^W]*$/);
      }),
      { numRuns: 2000 },
    );
  });

  /** Names of topics and producers, which programs do not make. */
  const NAMES = [
    ...[
      'order-events-v2',
      'customer-service1',
      'orders-20240101',
      'orders-2024-01-01',
      'order_events_2024',
      'orders.2024-01',
    ],
    ...[
      'ORDER_EVENTS_V2',
      'orderEventsV2',
      'OrderEvents2',
      'order.events.v1.2.3',
      'orders-eu-west-1',
      'orders-v2-retries',
    ],
    ...['payment-notifications-123', 'invoices-v10', 'order-events'],
  ];
  for (const name of NAMES)
    it(`are no names: ${name}`, () => {
      const config = { url: `https://api.example.com/hooks/${name}`, topic: name };
      expect(maskOf(config)(`the topic ${name} of ${config.url}`)).to.equal(`the topic ${name} of ${config.url}`);
      const hook = { url: `https://hooks.example.com/T024BE7LD/${name}/x`, topic: name };
      expect(maskOf(hook)(`the topic ${name}`)).to.equal(`the topic ${name}`);
    });

  /** Tokens as their vendors make them. */
  const TOKENS: Readonly<Record<string, string>> = {
    Slack: 'https://hooks.slack.com/services/T00000000/B00000000/|a1B2c3D4e5F6g7H8i9J0kLmN',
    'Slack, letters alone': 'https://hooks.slack.com/services/T024BE7LD/B024BE7LH/|aQxWzErTyUiOpLkJhGfDsAqW',
    Discord: 'https://discord.com/api/webhooks/1047113245678901234/|aBcD-ef_0123456789-xYzW_QwErTyUiOp-AsDfGh12',
    Teams: 'https://acme.webhook.office.com/webhookb2/b0/IncomingWebhook/|0123456789abcdef0123456789abcdef|/4444',
    'Teams, an id': 'https://acme.webhook.office.com/webhookb2/|0a1b2c3d-aaaa-bbbb-cccc-dddddddddd11',
    Telegram: 'https://api.telegram.org/|bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw|/sendMessage',
    GitHub: 'https://git.example.com/hooks/|ghp_16C7e42F292c6912E7710c838347Ae178B4a',
    'GitHub, fine-grained': 'https://git.example.com/hooks/|github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz0123456',
    GitLab: 'https://git.example.com/hooks/|glpat-a1b2C3d4E5f6G7h8I9j0',
    Mattermost: 'https://chat.example.com/hooks/|xk3wq8r1ti8d5gn7fy9mb2jz4a',
    'a short token': 'https://chat.example.com/hooks/|qwhzkjtmxpl7',
    'a short token in capitals': 'https://chat.example.com/hooks/|QWHZKJTMXPL7',
    'a short token of both cases': 'https://chat.example.com/hooks/|aBcdEfghIjkl7',
    'hex digits': 'https://chat.example.com/hooks/|deadbeefcafe1234',
    'words before a token': 'https://chat.example.com/hooks/|orders-x7k2m9q4w1',
    'a word before a long number': 'https://chat.example.com/hooks/|orders-9817263540',
  };
  for (const [vendor, text] of Object.entries(TOKENS))
    it(`are tokens: ${vendor}`, () => {
      const [, token = ''] = text.split('|');
      const url = text.replaceAll('|', '');
      const mask = maskOf({ url });
      expect(mask(`<${token}>`)).to.equal('<***>');
      expect(mask(`POST ${new URL(url).pathname} failed`)).to.equal('POST *** failed');
    });
});
