import { expect } from 'chai';
import { ask } from '../../../../src/cli/top/status.ts';
import { type Reply, ScriptedHttpServer } from '../../../support/scripted-http-server.ts';
import { HANG_MS } from '../../../support/until.ts';
import { figures, statusWith } from './figures.ts';

const GOOD = statusWith({ orders: figures() });

describe('asking an operations endpoint', () => {
  let server: ScriptedHttpServer;
  let reply: Reply;
  before(async () => {
    server = await ScriptedHttpServer.start(() => reply);
  });
  after(() => server.stop());

  const asking = (timeoutMs = HANG_MS, token?: string) => ask(new URL(`${server.url}/`), { timeoutMs, token });
  const answer = (body: unknown): Reply => ({ status: 200, body: JSON.stringify(body) });

  it('returns its figures, and sends the token', async () => {
    reply = answer({ ...GOOD, more: 1 });
    expect(await asking(HANG_MS, 'a token')).to.deep.equal({ status: GOOD });
    const { path, headers } = server.requests.at(-1) ?? { path: '', headers: new Map() };
    expect(path).to.equal('/status');
    expect(headers.get('authorization')).to.equal('Bearer a token');
  });

  const REASONS: readonly (readonly [string, Reply, RegExp])[] = [
    ['asks for a token', { status: 401 }, /^wants a token: set OUTSPOOL_OPERATIONS_TOKEN$/],
    ['is elsewhere', { status: 404 }, /^has no operations endpoint at this path$/],
    ['leads elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }, /^answered 302, /],
    ['says no JSON', { status: 200, body: 'hello' }, /^answered something else/],
    ['says other JSON', answer({ producers: { orders: {} } }), /^answered something else/],
    ['says nothing', 'close', /\w/],
  ];
  for (const [what, said, why] of REASONS)
    it(`gives the reason when it ${what}`, async () => {
      reply = said;
      expect(await asking())
        .to.have.property('why')
        .that.matches(why);
    });

  it('gives up after its time', async () => {
    reply = 'hang';
    expect(await asking(50)).to.deep.equal({ why: 'no answer within 0.05 s' });
  });

  it('gives the reason for a port that fetch refuses', async () => {
    const { why } = (await ask(new URL('http://127.0.0.1:6000/'), { timeoutMs: HANG_MS })) as { why: string };
    expect(why).to.equal('web clients refuse this port: listen at another one');
  });

  it('gives the reason when nothing listens', async () => {
    const gone = await ScriptedHttpServer.start();
    await gone.stop();
    expect(await ask(new URL(`${gone.url}/`), { timeoutMs: HANG_MS })).to.deep.equal({
      why: 'nothing listens there (connection refused)',
    });
  });
});
