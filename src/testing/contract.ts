/** The producer contract: what every producer must do, whatever it delivers to (docs/testing.md). */

export type { Features, HeaderShape, KeyShape, Support } from './contract/features.ts';
export {
  type CheckResult,
  type Column,
  ContractReport,
  contractReport,
  type SubjectResult,
} from './contract/report.ts';
export type {
  ContractFactory,
  ContractOptions,
  ContractServer,
  ContractSettings,
  ContractSubject,
  FactoryOptions,
  MadeSubject,
  ReceivedMessage,
  Runner,
  SubjectFactory,
} from './contract/subject.ts';
export { producerContract } from './contract/suite.ts';
