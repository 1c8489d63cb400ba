import { describeWire } from '../fuzz/suite.ts';
import { amqp } from '../fuzz/wires/amqp.ts';

describeWire(amqp, 'end no process, hold up no shutdown, and leave every message with an outcome');
