/** One million messages of 100 bytes, against node-rdkafka on the main thread in the same run. */

import { compare } from '../../bench/compare.ts';
import { DEFAULTS } from '../../bench/options.ts';
import { atLeast, atMost, below, type Check } from './row.ts';

export const millionMessages: Check = async (_options, progress) => {
  const { ratios, medians, runs } = await compare(DEFAULTS, progress);
  const memory = Math.max(...runs.map(([ours]) => ours.rssAnonMb));
  const counts = runs.map(([{ accepted, delivered }]) => ({ accepted, delivered }));
  return [
    atLeast('throughput, × node-rdkafka', 2.5, { value: ratios.throughput, unit: ' ×', digits: 2 }),
    atMost('event-loop delay p99, × node-rdkafka', 1.5, { value: ratios.delayP99, unit: ' ×', digits: 2 }),
    below('anonymous memory, maximum of all runs', 250, { value: memory, unit: ' MB' }),
    {
      name: 'accepted = delivered, in every run',
      limit: `= ${DEFAULTS.messages}`,
      figure: `${medians[0].accepted}, ${medians[0].delivered}`,
      ok: counts.every(({ accepted, delivered }) => accepted === DEFAULTS.messages && delivered === DEFAULTS.messages),
    },
  ];
};
