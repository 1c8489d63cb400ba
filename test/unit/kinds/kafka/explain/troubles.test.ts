import { expect } from 'chai';
import { Troubles } from '../../../../../src/kinds/kafka/explain/troubles.ts';

const FAIL = 'FAIL [thrd:sasl_plaintext://b:9092/1]: sasl_plaintext://b:9092/1: ';
const WRONG_PASSWORD = 'SASL authentication error: Authentication failed: Invalid username or password';
const refusal = (suppressed: number) =>
  `${FAIL}${WRONG_PASSWORD} (after 30${suppressed}ms in state AUTH_REQ, ${suppressed} identical error(s) suppressed)`;

describe('what a running client says of its connections', () => {
  function rig() {
    const said: [level: string, message: string][] = [];
    const time = { ms: 0 };
    const troubles = new Troubles(
      (level, message) => said.push([level, message]),
      () => time.ms,
    );
    const loud = () => said.filter(([level]) => level !== 'debug');
    return { troubles, said, time, loud };
  }

  it('says a cause in plain words, with the setting, and its repetitions at debug', () => {
    const { troubles, said, loud } = rig();
    for (let time = 0; time < 10; time++) troubles.line('error', refusal(time));
    expect(loud()).to.have.lengthOf(1);
    expect(loud()[0]?.[0]).to.equal('warn');
    expect(loud()[0]?.[1]).to.match(/^b:9092 refuses the user name or the password: check 'username' and 'password'/);
    expect(said.filter(([, message]) => message.includes(WRONG_PASSWORD))).to.have.lengthOf(10);
  });

  it('says it again after a minute, and of another server', () => {
    const { troubles, time, loud } = rig();
    troubles.line('error', refusal(0));
    time.ms = 59_999;
    troubles.line('error', refusal(1));
    expect(loud()).to.have.lengthOf(1);
    troubles.line('error', refusal(2).replaceAll('b:9092', 'c:9092'));
    expect(loud()).to.have.lengthOf(2);
    time.ms = 60_000;
    troubles.line('error', refusal(3));
    expect(loud()).to.have.lengthOf(3);
  });

  it('says what it has no words for as librdkafka does, once', () => {
    const { troubles, loud } = rig();
    const line = `${FAIL}SSL handshake failed: certificate verify failed`;
    troubles.line('error', `${line} (after 5ms in state SSL_HANDSHAKE)`);
    troubles.line('error', `${line} (after 7ms in state SSL_HANDSHAKE)`);
    expect(loud()).to.deep.equal([['error', `${line} (after 5ms in state SSL_HANDSHAKE)`]]);
  });

  it('makes nothing of a connection that was closed after it had worked', () => {
    const { troubles, loud } = rig();
    troubles.line('info', `${FAIL}Disconnected (after 60000ms in state UP)`);
    expect(loud()).to.deep.equal([['info', `${FAIL}Disconnected (after 60000ms in state UP)`]]);
  });

  it('says every line that is about no connection, but for those that say less', () => {
    const { troubles, loud } = rig();
    const line = 'CONFWARN [thrd:app]: Configuration property x is deprecated';
    troubles.line('warn', line);
    troubles.line('warn', line);
    troubles.line('warn', 'PARTCNT [thrd:main]: Topic t partition count changed from 4 to 0');
    troubles.line('warn', 'METADATAUPDATE [thrd:main]: Partition t(wgYhK6CzTvC1Ou3Vcm1xbg)[1]: not found in cache');
    for (const facility of ['TXNERR', 'ADDPARTS', 'ADDOFFSETS', 'FATAL'])
      troubles.line('error', `${facility} [thrd:main]: Current transaction failed: INVALID_TXN_STATE`);
    expect(loud().map(([, message]) => message)).to.deep.equal([line, line]);
  });

  it('says once that no broker can be reached, until something was delivered', () => {
    const { troubles, loud } = rig();
    for (const count of [0, 1, 1, 2]) troubles.allDown(`${count}/2 brokers are down`);
    expect(loud()).to.deep.equal([['warn', 'no broker can be reached']]);
    troubles.delivered();
    troubles.allDown('2/2 brokers are down');
    expect(loud()).to.have.lengthOf(2);
  });
});
