import { expect } from 'chai';
import { describe, it } from 'mocha';
import { explain, Hearsay } from '../../../../../src/kinds/kafka/explain/explain.ts';
import { serversOf } from '../../../../../src/kinds/kafka/explain/servers.ts';

const CLOSED = 'b:9092/bootstrap: Disconnected: connection closed by peer (after 3ms in state APIVERSION_QUERY)';
const REFUSED =
  'a:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)';
const PASSWORD =
  'sasl_ssl://b:9092/bootstrap: SASL authentication error: Authentication failed (after 4ms in state AUTH_REQ)';

const soon = () => performance.now() + 200;
const servers = (list: string) => ({ 'bootstrap.servers': list });

function heard(...lines: string[]): Hearsay {
  const hearsay = new Hearsay();
  for (const line of lines) hearsay.hear(line);
  return hearsay;
}

describe('why there is no connection', () => {
  it('is what librdkafka said, where that leaves no doubt', async () => {
    const { message } = await explain(heard(REFUSED), servers('a:9092'), soon());
    expect(message).to.match(/^nothing listens at a:9092 \(connection refused\): check the port/);
  });

  it('is what keeps out of the server that was come to furthest', async () => {
    const { diagnosis } = await explain(heard(REFUSED, PASSWORD), servers('a:9092,b:9092'), soon());
    expect(diagnosis).to.include({ layer: 'sasl', setting: 'password' });
  });

  it('is not forgotten for something that says less', async () => {
    const { diagnosis } = await explain(heard(PASSWORD, CLOSED), servers('b:9092'), soon());
    expect(diagnosis).to.include({ layer: 'sasl' });
  });

  it('is librdkafka’s own text where there is no time to look', async () => {
    const { message, diagnosis } = await explain(heard(CLOSED), servers('b:9092'), 0);
    expect([message, diagnosis]).to.deep.equal([CLOSED, undefined]);
  });

  it('is said of a name that nothing was heard of, without asking a resolver that may hang', async () => {
    const { message, diagnosis } = await explain(new Hearsay(), servers('nowhere.invalid:9092'), soon());
    expect(message).to.contain('nothing was heard of nowhere.invalid:9092 in time');
    expect(diagnosis).to.include({ layer: 'dns', setting: 'bootstrap_servers' });
  });

  it('is an error of the connection', async () => {
    expect(await explain(heard(), servers('b:9092'), 0)).to.include({
      name: 'ConnectError',
      message: 'no broker has answered',
      retriable: true,
    });
  });
});

describe('the servers of a configuration', () => {
  it('are host and port, however they are written', () => {
    const list = 'one:1, [::1]:2 ,SSL://three:3,four';
    expect(serversOf(servers(list)).map(({ host, port, name }) => [host, port, name])).to.deep.equal([
      ['one', 1, 'one:1'],
      ['::1', 2, '[::1]:2'],
      ['three', 3, 'three:3'],
      ['four', 9092, 'four:9092'],
    ]);
  });
});
