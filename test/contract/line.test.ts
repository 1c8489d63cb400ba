/** A destination that can do everything, so that every claim of the suite is tried where it is true. */

import { producerContract } from '../../src/testing/contract.ts';
import { LineServer } from '../support/line-server.ts';
import { lineFactory, lineOptions } from '../support/line-subject.ts';

const server = new LineServer();
before(() => server.restore());
after(() => server.interrupt());

producerContract('a custom producer that can do everything', lineFactory(server), lineOptions(server));
