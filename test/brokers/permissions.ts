/** Permissions of the user `guest`, who has none by itself, that a test grants and revokes. */

import kafkajs, { type AclEntry, type AclOperationTypes, type AclResourceTypes } from 'kafkajs';
import { withAdmin } from './admin.ts';
import type { SingleKafka } from './state.ts';

const {
  AclOperationTypes: Operation,
  AclPermissionTypes: Permission,
  AclResourceTypes: Resource,
  ResourcePatternTypes: Pattern,
} = kafkajs;

export type PermissionName = 'transactional id' | 'group' | 'read' | 'write';

export class Permissions {
  readonly #kafka: SingleKafka;
  readonly #acls: Readonly<Record<PermissionName, AclEntry>>;

  /** Those that a producer with the transactional id `name` needs to write to the topic `name`. */
  constructor(kafka: SingleKafka, name: string) {
    this.#kafka = kafka;
    this.#acls = {
      'transactional id': allowed(Resource.TRANSACTIONAL_ID, `${name}-0`, Operation.ALL),
      group: allowed(Resource.GROUP, `outspool-${name}-0`, Operation.READ),
      read: allowed(Resource.TOPIC, name, Operation.READ),
      write: allowed(Resource.TOPIC, name, Operation.WRITE),
    };
  }

  async grantAll(): Promise<void> {
    for (const permission of Object.keys(this.#acls)) await this.grant(permission as PermissionName);
  }

  grant(permission: PermissionName): Promise<unknown> {
    return withAdmin(this.#admin, (admin) => admin.createAcls({ acl: [this.#acls[permission]] }));
  }

  revoke(permission: PermissionName): Promise<unknown> {
    return withAdmin(this.#admin, (admin) => admin.deleteAcls({ filters: [this.#acls[permission]] }));
  }

  get #admin() {
    const { bootstrapServers, users } = this.#kafka;
    return { brokers: [bootstrapServers.plainOnly], sasl: { mechanism: 'plain' as const, ...users.admin } };
  }
}

const allowed = (resourceType: AclResourceTypes, resourceName: string, operation: AclOperationTypes): AclEntry => ({
  resourceType,
  resourceName,
  operation,
  principal: 'User:guest',
  host: '*',
  permissionType: Permission.ALLOW,
  resourcePatternType: Pattern.LITERAL,
});
