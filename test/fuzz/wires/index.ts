import type { Wire } from '../wire.ts';
import { amqp } from './amqp.ts';
import { httpAnswers } from './http-answers.ts';
import { kafka } from './kafka.ts';
import { listener } from './listener.ts';

export const WIRES: readonly Wire[] = [kafka, listener, httpAnswers, amqp];
