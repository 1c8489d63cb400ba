/** What `produce init http` writes. */

import type { Sample } from '../common/sample.ts';

export const SAMPLE: Sample = {
  what: 'Each message is a request to a web server. Needs the package undici: npm install undici@7',
  page: 'docs/kinds/http.md',
  settings: [
    {
      yaml: `url: \${HTTP_URL:-http://localhost:8080/events/{topic}}`,
      why: 'path and query may hold {topic}, {key}, {id}, {header.NAME}, {field.a.b}',
      isSet: true,
    },
    { yaml: 'method: POST', why: 'POST, PUT or PATCH' },
    { yaml: `auth: { bearer: "\${HTTP_TOKEN}" }`, why: 'or basic: { username, password }' },
    { yaml: 'headers: { x-sender: outspool }', why: 'headers of every request' },
    { yaml: 'batch: { max_messages: 100, linger: 20ms }', why: 'several messages in one request, as a JSON array' },
    { yaml: 'request_timeout: 20s', why: 'until the last byte of the answer' },
  ],
};
