import { describeWire } from '../fuzz/suite.ts';
import { kafka } from '../fuzz/wires/kafka.ts';

describeWire(kafka, 'end no process, hold up no shutdown, and leave every message with an outcome');
