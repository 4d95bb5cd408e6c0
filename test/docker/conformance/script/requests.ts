// Requests in few letters, and the steps that they make.

import type { Acl, ClientRequest, MultiOperation } from '../../../../harness/wire/records.ts';
import { openAcl } from '../../../../harness/wire/records.ts';
import type { Sent, Step } from '../transcript.ts';

export const persistent = 0;
export const ephemeral = 1;
export const sequential = 2;
export const ephemeralSequential = 3;
export const container = 4;
export const withTtl = 5;
export const sequentialWithTtl = 6;

export interface Chapter {
  readonly title: string;
  readonly steps: readonly Step[];
}

class Scene {
  readonly steps: Step[] = [];

  by(client: string, ...requests: Sent[]): this {
    for (const request of requests) this.steps.push({ client, request });
    return this;
  }

  /** The server closes the connection behind it. */
  last(client: string, request: Sent): this {
    this.steps.push({ client, request, closes: true });
    return this;
  }
}

export function create(
  path: string,
  data: string | null = '',
  flags = persistent,
  acl: readonly Acl[] | null = openAcl,
): ClientRequest {
  return { type: 'create', path, data: bytes(data), acl, flags };
}
export function create2(path: string, data: string | null = '', flags = persistent): ClientRequest {
  return { type: 'create2', path, data: bytes(data), acl: openAcl, flags };
}
export function createContainer(path: string, flags = container): ClientRequest {
  return { type: 'createContainer', path, data: bytes(''), acl: openAcl, flags };
}
// A mode without a TTL under this opcode ends Apache ZooKeeper 3.8.0, so it is not asked.
export function createTtl(path: string, ttl: number, flags = withTtl): ClientRequest {
  return { type: 'createTTL', path, data: bytes(''), acl: openAcl, flags, ttl };
}
export function remove(path: string, version = -1): ClientRequest {
  return { type: 'delete', path, version };
}
export function set(path: string, data: string | null, version = -1): ClientRequest {
  return { type: 'setData', path, data: bytes(data), version };
}
export function exists(path: string, watch = false): ClientRequest {
  return { type: 'exists', path, watch };
}
export function get(path: string, watch = false): ClientRequest {
  return { type: 'getData', path, watch };
}
export function children(path: string, watch = false): ClientRequest {
  return { type: 'getChildren', path, watch };
}
export function children2(path: string, watch = false): ClientRequest {
  return { type: 'getChildren2', path, watch };
}
export function getAcl(path: string): ClientRequest {
  return { type: 'getACL', path };
}
export function setAcl(path: string, acl: readonly Acl[] | null, version = -1): ClientRequest {
  return { type: 'setACL', path, acl, version };
}
export function auth(scheme: string, text: string): ClientRequest {
  return { type: 'auth', authType: 0, scheme, auth: Buffer.from(text) };
}
export function multi(...operations: MultiOperation[]): ClientRequest {
  return { type: 'multi', operations };
}
export function multiRead(...operations: MultiOperation[]): ClientRequest {
  return { type: 'multiRead', operations };
}
export function check(path: string, version: number): MultiOperation {
  return { type: 'check', path, version };
}
export function addWatch(path: string, mode: number): ClientRequest {
  return { type: 'addWatch', path, mode };
}
export function removeWatches(path: string, watcherType: number): ClientRequest {
  return { type: 'removeWatches', path, watcherType };
}
export function checkWatches(path: string, watcherType: number): ClientRequest {
  return { type: 'checkWatches', path, watcherType };
}
export function raw(opcode: number, hex: string): Sent {
  return { opcode, bytes: Buffer.from(hex, 'hex') };
}
export function bytes(data: string | null): Buffer | null {
  return data === null ? null : Buffer.from(data);
}
export function op(request: ClientRequest): MultiOperation {
  return request as MultiOperation;
}
export function acl(scheme: string, id: string, perms = 31): Acl[] {
  return [{ perms, scheme, id }];
}

export function scene(write: (scene: Scene) => void): readonly Step[] {
  const made = new Scene();
  write(made);
  return made.steps;
}

export const alice = 'alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=';
