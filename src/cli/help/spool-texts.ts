/** The help of `produce spool` and its commands. */

import type { HelpText } from './help-text.ts';

export const SPOOL_TEXTS: Readonly<Record<string, HelpText>> = {
  spool: {
    note: `DIRECTORY is what 'queue: { spool: { path: … } }' names. All but replay change nothing in it, and may be run while a producer
writes to it.`,
    examples: [
      ['produce spool ls', 'the spools that the configuration names'],
      ['produce spool peek spool/orders --limit 3 | jq .value'],
      ['produce spool verify spool/orders', 'is all of it readable, and if not, what is lost'],
      ['produce spool replay -c producers.yaml orders', 'deliver what is in it, without the service'],
    ],
    exitCodes:
      '0 all well, 1 something is lost, left or not to be expressed, 2 bad usage, configuration or directory, 3 no connection.',
  },
  'spool ls': {
    examples: [
      ['produce spool ls', 'the spools that the configuration names'],
      ['produce spool ls spool/orders spool/payments'],
      ["produce spool ls --json | jq '.spools[] | select(.pending > 0)'"],
    ],
  },
  'spool peek': {
    examples: [
      ['produce spool peek spool/orders'],
      ['produce spool peek spool/orders --from 1000 --limit 3 | jq .value'],
    ],
  },
  'spool verify': {
    examples: [['produce spool verify spool/orders'], ["produce spool verify spool/orders --json | jq '{ok, lost}'"]],
    exitCodes: '0 all of it is readable, 1 something is damaged, 2 bad usage or directory.',
  },
  'spool export': {
    note: `The lines are the values, as 'produce send' reads them. What a message has beside its value is counted on stderr, and so are values
that are not one line of JSON; then the exit code is 1.`,
    examples: [
      ['produce spool export spool/orders > orders.ndjson'],
      ['produce spool export spool/orders --key-field customer | produce send -p orders --key-field customer'],
    ],
  },
  'spool replay': {
    note: `All of a spool is read first, and what is damaged is said as 'verify' says it. What the producers deliver is gone from their spools; what
they cannot deliver within the timeout stays there. Dead letters go where the configuration says. A producer that runs elsewhere is not
disturbed: it delivers what is in its spool itself.`,
    examples: [
      ['produce spool replay', 'every spool of the configuration that holds something'],
      ['produce spool replay -c producers.yaml orders --timeout 5m'],
    ],
    exitCodes:
      '0 all delivered, 1 something is left, dead-lettered, dropped or lost, 2 bad usage or configuration, 3 no connection.',
  },
};
