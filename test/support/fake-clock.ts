/** sinon's clock for code that hands over by microtask: those keep running as they are. */

import sinon from 'sinon';

export const fakeClock = (): sinon.SinonFakeTimers =>
  sinon.useFakeTimers({ toNotFake: ['queueMicrotask', 'nextTick'] });
