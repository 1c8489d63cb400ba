/** Who may do what on the single broker. Passwords are new at each start. */

import { randomBytes } from 'node:crypto';
import kafkajs, { type AclEntry, type AclOperationTypes } from 'kafkajs';

const {
  AclOperationTypes: Operation,
  AclPermissionTypes: Permission,
  ResourcePatternTypes: Pattern,
  AclResourceTypes: Resource,
} = kafkajs;

export interface User {
  readonly username: string;
  readonly password: string;
}

/** The same name and password for PLAIN and SCRAM. */
export interface Users {
  /** May do everything; the broker itself is it. */
  readonly admin: User;
  /** May create, describe and write every topic but the forbidden ones; may use transactions. */
  readonly writer: User;
  /** May read and describe. */
  readonly reader: User;
  /** Is known, and may do nothing. */
  readonly guest: User;
}

/** Topics of these prefixes nobody but the admin may write, or even see. */
export const FORBIDDEN = { write: 'forbidden', everything: 'hidden' } as const;

const newUser = (username: string): User => ({ username, password: randomBytes(12).toString('hex') });

export const newUsers = (): Users => ({
  admin: newUser('admin'),
  writer: newUser('writer'),
  reader: newUser('reader'),
  guest: newUser('guest'),
});

/** The client certificate's name; it may do what ANONYMOUS may. */
const FREE = ['ANONYMOUS', 'client'];

const ANY = { host: '*', resourceName: '*', resourcePatternType: Pattern.LITERAL, permissionType: Permission.ALLOW };
const TOPICS = { ...ANY, resourceType: Resource.TOPIC };
const GROUPS = { ...ANY, resourceType: Resource.GROUP };
const TRANSACTIONS = { ...ANY, resourceType: Resource.TRANSACTIONAL_ID };
const CLUSTER = { ...ANY, resourceType: Resource.CLUSTER, resourceName: 'kafka-cluster' };

export const acls = (): AclEntry[] => [
  ...FREE.flatMap((name) =>
    [TOPICS, GROUPS, TRANSACTIONS, CLUSTER].map((on) => ({ ...on, ...by(name), operation: Operation.ALL })),
  ),
  ...[Operation.WRITE, Operation.CREATE].map((operation) => ({ ...TOPICS, ...by('writer'), operation })),
  { ...CLUSTER, ...by('writer'), operation: Operation.IDEMPOTENT_WRITE },
  { ...TRANSACTIONS, ...by('writer'), operation: Operation.ALL },
  // A transaction that commits offsets writes them as a reader of the group would.
  ...['writer', 'reader'].map((name) => ({ ...GROUPS, ...by(name), operation: Operation.READ })),
  { ...TOPICS, ...by('reader'), operation: Operation.READ },
  denied(FORBIDDEN.write, Operation.WRITE),
  denied(FORBIDDEN.everything, Operation.ALL),
];

const by = (name: string) => ({ principal: `User:${name}` });

/** A denial goes before every permission; it does not concern the admin. */
const denied = (prefix: string, operation: AclOperationTypes): AclEntry => ({
  ...TOPICS,
  ...by('*'),
  operation,
  resourceName: prefix,
  resourcePatternType: Pattern.PREFIXED,
  permissionType: Permission.DENY,
});
