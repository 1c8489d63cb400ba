import { expect } from 'chai';
import { describe, it } from 'mocha';
import { diagnose, plainly, said, saysLess } from '../../../../../src/kinds/kafka/explain/diagnosis.ts';

/** What librdkafka 2.12 said of brokers, and of what was none; the address is shortened. */
const SAID: readonly (readonly [text: string, layer?: string, setting?: string, problem?: RegExp])[] = [
  [
    "nowhere.invalid:9092/bootstrap: Failed to resolve 'nowhere.invalid:9092': Name or service not known (after 0ms in state CONNECT)",
    'dns',
    'bootstrap_servers',
    /nowhere\.invalid:9092 does not resolve \(Name or service not known\)/,
  ],
  [
    'b:9092/bootstrap: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)',
    'tcp',
    'bootstrap_servers',
    /nothing listens at b:9092/,
  ],
  [
    '[::1]:9092/bootstrap: Connect to ipv6#[::1]:9092 failed: Network is unreachable (after 0ms in state CONNECT)',
    'tcp',
    'bootstrap_servers',
    /\[::1\]:9092 cannot be reached \(Network is unreachable\)/,
  ],
  [
    'b:9092/bootstrap: Connection setup timed out in state CONNECT (after 30003ms in state CONNECT)',
    'tcp',
    'bootstrap_servers',
    /b:9092 cannot be reached \(no answer\)/,
  ],
  [
    'b:9092/bootstrap: Connection setup timed out in state APIVERSION_QUERY (after 1000ms in state APIVERSION_QUERY)',
    'metadata',
    'bootstrap_servers',
    /b:9092 accepts connections and never answers/,
  ],
  [
    'ssl://b:9092/bootstrap: Connection setup timed out in state SSL_HANDSHAKE (after 1000ms in state SSL_HANDSHAKE)',
    'tls',
    'bootstrap_servers',
    /b:9092 accepts connections and never answers/,
  ],
  [
    'sasl_plaintext://b:9092/bootstrap: SASL authentication error: Authentication failed: Invalid username or password (after 304ms in state AUTH_REQ)',
    'sasl',
    'password',
    /refuses the user name or the password/,
  ],
  [
    'sasl_ssl://b:9092/bootstrap: SASL authentication error: Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM-SHA-256 (after 2ms in state AUTH_REQ, 4 identical error(s) suppressed)',
    'sasl',
    'password',
    /refuses the user name or the password/,
  ],
  [
    "sasl_plaintext://b:9092/bootstrap: SASL SCRAM-SHA-256 mechanism handshake failed: Broker: Unsupported SASL mechanism: broker's supported mechanisms: PLAIN (after 1ms in state AUTH_HANDSHAKE)",
    'sasl',
    'sasl_mechanism',
    /does not accept the SASL mechanism SCRAM-SHA-256; it offers PLAIN/,
  ],
  [
    "sasl_plaintext://b:9092/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Request not valid in current SASL state: broker's supported mechanisms:  (after 1ms in state AUTH_HANDSHAKE)",
    'sasl',
    'security_protocol',
    /has no SASL/,
  ],
  [
    'sasl_plaintext://b:9092/bootstrap: Failed to initialize SASL authentication: SASL Handshake not supported by broker (required by mechanism PLAIN) (after 0ms in state AUTH_LEGACY)',
    'sasl',
    'security_protocol',
    /has no SASL/,
  ],
  [
    'FAIL [thrd:b:9092/bootstrap]: b:9092/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN (after 1ms in state UP)',
    'sasl',
    'security_protocol',
    /closes the connection at the first request/,
  ],
  // One of several causes, or none that is known: to be looked into.
  [
    'FAIL [thrd:b:9092/bootstrap]: b:9092/bootstrap: Disconnected: connection closed by peer: receive 0 after POLLIN (after 3ms in state APIVERSION_QUERY)',
  ],
  [
    'ssl://b:9092/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: broker certificate could not be verified, verify that ssl.ca.location is correctly configured or root CA certificates are installed (install ca-certificates package) (after 1ms in state SSL_HANDSHAKE)',
  ],
  ['1/1 brokers are down'],
  [''],
];

describe('what librdkafka says', () => {
  for (const [text, layer, setting, problem] of SAID) {
    it(`${layer === undefined ? 'leaves open' : `is about ${layer}`}: ${text.slice(0, 90)}`, () => {
      const found = diagnose(text);
      expect([found?.layer, found?.setting]).to.deep.equal([layer, setting]);
      if (problem !== undefined) expect(found?.problem).to.match(problem);
    });
  }

  it('is taken apart into server, text and state', () => {
    const line =
      'FAIL [thrd:sasl_ssl://b:1/bootstrap]: sasl_ssl://b:1/7: It broke (after -1ms in state UP, 2 identical)';
    expect(said(line)).to.deep.equal({ server: 'b:1', text: 'It broke', state: 'UP' });
    expect(said('b:1/bootstrap: It broke')).to.deep.equal({ server: 'b:1', text: 'It broke', state: undefined });
  });

  it('is left as it is, unless there is more to say', () => {
    const refused =
      'FATAL [thrd:main]: Fatal error: Broker: Cluster authorization failed: Failed to acquire idempotence PID from broker b:1/1: Broker: Cluster authorization failed';
    expect(plainly(refused))
      .to.match(/^no permission to write .*have WRITE on the topic/)
      .and.to.contain(refused);
    expect(plainly('anything else')).to.equal('anything else');
  });

  it('says less than the reports of the messages when a topic goes away', () => {
    const lost = 'PARTCNT [thrd:main]: Topic t partition count changed from 4 to 0';
    expect([saysLess(lost), saysLess(lost.replace('4 to 0', '4 to 8'))]).to.deep.equal([true, false]);
  });

  it('says less when a broker that has just started is asked again for a producer id, but for a missing permission', () => {
    const asked = (why: string) =>
      saysLess(
        `GETPID [thrd:main]: Failed to acquire idempotence PID from broker 127.0.0.1:1/1: Broker: ${why}: retrying`,
      );
    expect(asked('Coordinator load in progress')).to.equal(true);
    expect(asked('Cluster authorization failed')).to.equal(false);
  });
});
