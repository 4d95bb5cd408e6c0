// What a script of the conformance workload is made of: requests about znodes below a place of its own, and the
// exact answer to each. Paths are relative to that place (`.` is the place itself); zxids have names, those of the
// writes that they come from.

import { CreateFlags } from '../../harness/wire/constants.ts';
import { openAcl } from '../../harness/wire/records.ts';
import type { Acl, ClientRequest, MultiOperation } from '../../harness/wire/records.ts';
import type { User } from '../users.ts';

export interface Script {
  readonly name: string;
  /** The first Apache ZooKeeper 3.8 that answers so; none: all of them do. */
  readonly since?: string;
  readonly steps: readonly Step[];
}

export type Step = Question | { readonly type: 'auth'; readonly user: User };

interface Question {
  readonly type: 'ask';
  readonly request: ClientRequest;
  readonly gives: Shown;
  /** What the zxid of this write is called in the steps behind it. */
  readonly as?: string;
}

/** An answer as plain values, as it is compared and recorded. Keys without a meaning here are left out. */
export interface Shown {
  readonly err?: string;
  readonly path?: string;
  readonly data?: string;
  readonly stat?: ShownStat;
  /** Sorted: no order is promised. */
  readonly children?: readonly string[];
  readonly ephemerals?: readonly string[];
  readonly count?: number;
  readonly acl?: readonly string[];
  /** The identities that scripts prove; a connection may have others. */
  readonly users?: readonly string[];
  readonly results?: readonly ShownResult[];
  /** Watch events that came ahead of this answer, in their order. */
  readonly events?: readonly string[];
}

export type ShownResult = string | Shown;

/** Zxids by the name of the write that they come from. */
export interface ShownStat {
  readonly czxid: string;
  readonly mzxid: string;
  readonly pzxid: string;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly owner: string;
  readonly dataLength: number;
  readonly numChildren: number;
}

/** The name of the write that made a script's place. */
export const placeBirth = 'place';

export function script(name: string, steps: readonly Step[], options: { since?: string } = {}): Script {
  return { name, steps, ...options };
}

/** An error code stands for itself. */
export function ask(request: ClientRequest, gives: Shown | string = {}, as?: string): Step {
  const shown = typeof gives === 'string' ? { err: gives } : gives;
  return { type: 'ask', request, gives: shown, ...(as === undefined ? {} : { as }) };
}

/** From here on the connection is this user's as well. */
export function prove(user: User): Step {
  return { type: 'auth', user };
}

/** A Stat with the zxid of the create everywhere, and what differs from that of an empty new znode. */
export function stat(birth: string, changes: Partial<ShownStat> = {}): ShownStat {
  return {
    czxid: birth,
    mzxid: birth,
    pzxid: birth,
    version: 0,
    cversion: 0,
    aversion: 0,
    owner: 'nobody',
    dataLength: 0,
    numChildren: 0,
    ...changes,
  };
}

type Create = Extract<ClientRequest, { type: 'create' | 'create2' | 'createContainer' }>;

export function create(
  path: string,
  data: string | null = '',
  { acl = openAcl, flags = CreateFlags.PERSISTENT }: { acl?: readonly Acl[]; flags?: number } = {},
): Create {
  return { type: 'create', path, data: bytes(data), acl, flags };
}

export function create2(path: string, data = '', flags: number = CreateFlags.PERSISTENT): Create {
  return { type: 'create2', path, data: bytes(data), acl: openAcl, flags };
}

export function createContainer(path: string): Create {
  return { type: 'createContainer', path, data: bytes(''), acl: openAcl, flags: CreateFlags.CONTAINER };
}

export function remove(path: string, version = -1): Extract<ClientRequest, { type: 'delete' }> {
  return { type: 'delete', path, version };
}

export function set(
  path: string,
  data: string | null,
  version = -1,
): Extract<ClientRequest, { type: 'setData' }> {
  return { type: 'setData', path, data: bytes(data), version };
}

export function check(path: string, version: number): Extract<ClientRequest, { type: 'check' }> {
  return { type: 'check', path, version };
}

export function exists(path: string, watch = false): ClientRequest {
  return { type: 'exists', path, watch };
}

export function get(path: string, watch = false): ClientRequest {
  return { type: 'getData', path, watch };
}

/** With the Stat. */
export function list(path: string, watch = false): ClientRequest {
  return { type: 'getChildren2', path, watch };
}

export function names(path: string, watch = false): ClientRequest {
  return { type: 'getChildren', path, watch };
}

export function getAcl(path: string): ClientRequest {
  return { type: 'getACL', path };
}

export function setAcl(path: string, acl: readonly Acl[], version = -1): ClientRequest {
  return { type: 'setACL', path, acl, version };
}

export function multi(...operations: MultiOperation[]): ClientRequest {
  return { type: 'multi', operations };
}

export function multiRead(...operations: (readonly ['getData' | 'getChildren', string])[]): ClientRequest {
  return { type: 'multiRead', operations: operations.map(([type, path]) => ({ type, path })) };
}

function bytes(data: string | null): Buffer | null {
  return data === null ? null : Buffer.from(data);
}
