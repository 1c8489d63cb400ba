import { expect } from 'chai';
import { isThisMachine } from '../../../../src/kinds/common/destination.ts';
import { isLoopback, isSameHost } from '../../../../src/shared/util/loopback.ts';

describe('hosts', () => {
  const LOOPBACK = [
    'localhost',
    'LocalHost.',
    '127.0.0.1',
    '127.255.1.2',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    '::ffff:7f00:1',
  ];
  const UNSPECIFIED = ['0.0.0.0', '::', '[0:0:0:0:0:0:0:0]', '::ffff:0.0.0.0'];
  const FOREIGN = ['', '.', 'example.com', 'a.localhost', '126.0.0.1', '128.0.0.1', '::2', '::ffff:10.0.0.1', '127.1'];

  it('are loopback ones, this machine, or foreign', () => {
    for (const host of LOOPBACK) expect([isLoopback(host), isThisMachine(host)], host).to.deep.equal([true, true]);
    for (const host of UNSPECIFIED) expect([isLoopback(host), isThisMachine(host)], host).to.deep.equal([false, true]);
    for (const host of FOREIGN) expect([isLoopback(host), isThisMachine(host)], host).to.deep.equal([false, false]);
  });

  /** Hosts in several forms, one row for each. */
  const SAME = [
    ['10.0.0.1', '::ffff:10.0.0.1', '[::FFFF:a00:1]', '10.0.0.1.'],
    ['fd00::1', 'FD00:0:0:0:0:0:0:1', '[fd00::0001]'],
    ['host.example', 'HOST.example.'],
    ['host'],
    ['10.0.0.2'],
    ['fd00::2'],
  ];

  it('are the same in whatever form they are written', () => {
    for (const row of SAME)
      for (const one of row)
        for (const other of SAME.flat())
          expect(isSameHost(one, other), `${one} and ${other}`).to.equal(row.includes(other));
  });
});
