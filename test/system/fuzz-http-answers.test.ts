import { describeWire } from '../fuzz/suite.ts';
import { httpAnswers } from '../fuzz/wires/http-answers.ts';

describeWire(httpAnswers, 'end no process, hold up no shutdown, and leave every message with an outcome');
