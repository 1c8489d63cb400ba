/** For test runners with Jest's interface. */

import { deliver } from './deliver.mjs';

test('a message is delivered', async () => {
  expect(await deliver()).toBe('delivered: {"total":9.5}');
}, 120_000);
