/** Calls a server with exactly the headers that a test gives, which `fetch` would not send. */

import { type OutgoingHttpHeaders, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The text as JSON; undefined if it is none. */
  readonly body: Record<string, unknown>;
}

export interface HttpCall {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders | readonly string[];
  readonly body?: string;
}

export const httpCall = (url: string, { method = 'GET', headers = {}, body }: HttpCall = {}): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: headers as OutgoingHttpHeaders, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece) => {
        text += piece;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) }),
      );
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
