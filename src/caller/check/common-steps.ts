/** Steps that fit a producer of any kind: connecting, and a round trip of one message and its acknowledgement. */

import { asError, ProducerFencedError } from '../../shared/errors.ts';
import type { MessageInput } from '../../shared/message/message.ts';
import type { DeliveryReport } from '../settlement/report.ts';
import { type CallerWaitOptions, exactly } from '../wait-options.ts';
import type { CheckContext, CheckPlan, CheckStep, LayerFinding } from './check.ts';

/** The methods of a producer that the steps use. */
export interface Checked {
  start(options: CallerWaitOptions): Promise<void>;
  send(message: MessageInput, options: CallerWaitOptions): Promise<DeliveryReport>;
}

const within = ({ end, signal }: CheckContext): CallerWaitOptions => ({
  timeout: exactly(end - performance.now()),
  ...(signal && { signal }),
});

/** Fails at once, because a producer that has failed delivers no messages, even over a good connection. */
export const failedStep = (failure: Error): CheckStep => ({
  layer: 'producer',
  run: async () => ({
    problem: `the producer has failed and takes no more messages: ${failure.message}`,
    advice: 'remove the cause, then create the producer anew (it does not recover by itself)',
    ...(failure instanceof ProducerFencedError && { setting: 'transactional_id' }),
  }),
});

/** Connects in one step, for kinds that cannot tell layers apart. */
export const connectStep = (producer: Checked): CheckStep => ({
  layer: 'connect',
  run: (context) => settled(producer.start(within(context)).then(() => ({}))),
});

/** Sends a message that names itself as a check. It has a key, because some topics refuse messages without one. */
export const roundTripStep = (
  producer: Checked,
  complete: NonNullable<CheckPlan['complete']> = (message) => message,
): CheckStep => ({
  layer: 'round trip',
  run: (context) => settled(producer.send(complete(checkMessage(context.topic)), within(context)).then(roundTrip)),
});

const checkMessage = (topic: string): MessageInput => ({
  topic,
  key: 'outspool-check',
  value: { check: 'outspool', at: new Date().toISOString() },
  headers: { 'outspool-check': 'true' },
});

function roundTrip({ topic, partition, offset }: DeliveryReport): LayerFinding {
  const at = [topic, ...(partition === null ? [] : [`partition ${partition}`, `offset ${offset}`])];
  return { note: `acknowledged: ${at.join(', ')}` };
}

/** Reports the innermost cause, because the errors around it only name the code that waited for it. */
async function settled(work: Promise<LayerFinding>): Promise<LayerFinding> {
  try {
    return await work;
  } catch (thrown) {
    const error = asError(thrown);
    return { problem: error.cause === undefined ? error.message : asError(error.cause).message };
  }
}
