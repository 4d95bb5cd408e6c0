// Requests as a client would make them, with the usual values filled in.

import { CreateFlags } from '../../../../harness/wire/constants.ts';
import {
  openAcl,
  type CheckRequest,
  type CreateRequest,
  type CreateTtlRequest,
  type DeleteRequest,
  type SetAclRequest,
  type SetDataRequest,
} from '../../../../harness/wire/records.ts';

export function create(path: string, fields: Partial<CreateRequest> = {}): CreateRequest {
  return {
    type: 'create',
    path,
    data: Buffer.from('x'),
    acl: openAcl,
    flags: CreateFlags.PERSISTENT,
    ...fields,
  };
}

export function createTtl(path: string, ttl: number, flags: number): CreateTtlRequest {
  return { type: 'createTTL', path, data: null, acl: openAcl, flags, ttl };
}

export function ephemeral(path: string): CreateRequest {
  return create(path, { flags: CreateFlags.EPHEMERAL });
}

export function remove(path: string, version = -1): DeleteRequest {
  return { type: 'delete', path, version };
}

export function setData(path: string, text: string | null, version = -1): SetDataRequest {
  return { type: 'setData', path, data: text === null ? null : Buffer.from(text), version };
}

export function setAcl(path: string, acl: SetAclRequest['acl'], version = -1): SetAclRequest {
  return { type: 'setACL', path, acl, version };
}

export function check(path: string, version = -1): CheckRequest {
  return { type: 'check', path, version };
}
