import { describeWire } from '../fuzz/suite.ts';
import { listener } from '../fuzz/wires/listener.ts';

describeWire(listener, 'in requests end no process, and leave every message that was taken in the counters');
