// The records of the client protocol as values. Their codecs are in `client-codec.ts`.

import type { SessionId } from './session-id.ts';

export interface Acl {
  readonly perms: number;
  readonly scheme: string;
  readonly id: string;
}

/** world:anyone with every permission. */
export const openAcl: readonly Acl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }];

/** Zxids as numbers, times in milliseconds since 1970, `ephemeralOwner` sixteen hex digits. */
export interface Stat {
  readonly czxid: number;
  readonly mzxid: number;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: SessionId;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly pzxid: number;
}

export interface ConnectRequest {
  readonly protocolVersion: number;
  readonly lastZxidSeen: number;
  readonly timeoutMs: number;
  readonly sessionId: SessionId;
  readonly password: Buffer | null;
  /** Absent in the old form of 44 bytes; the response then leaves it out too. */
  readonly readOnly?: boolean;
}

export interface ConnectResponse {
  readonly protocolVersion: number;
  /** 0: the session was refused (expired, unknown, or a wrong password). */
  readonly timeoutMs: number;
  readonly sessionId: SessionId;
  readonly password: Buffer;
  readonly readOnly?: boolean;
}

export interface ReplyHeader {
  readonly xid: number;
  readonly zxid: number;
  readonly err: number;
}

export interface WatcherEvent {
  readonly type: number;
  readonly state: number;
  readonly path: string;
}

type Path<T extends string> = { readonly type: T; readonly path: string };
type Watchable<T extends string> = Path<T> & { readonly watch: boolean };

export type CreateRequest = Path<'create' | 'create2' | 'createContainer'> & {
  readonly data: Buffer | null;
  readonly acl: readonly Acl[] | null;
  readonly flags: number;
};
export type CreateTtlRequest = Path<'createTTL'> &
  Omit<CreateRequest, 'type' | 'path'> & { readonly ttl: number };
export type DeleteRequest = Path<'delete'> & { readonly version: number };
export type SetDataRequest = Path<'setData'> & { readonly data: Buffer | null; readonly version: number };
export type CheckRequest = Path<'check'> & { readonly version: number };
export type SetAclRequest = Path<'setACL'> & {
  readonly acl: readonly Acl[] | null;
  readonly version: number;
};

/** What may stand inside a multi. */
export type MultiOperation =
  | CreateRequest
  | CreateTtlRequest
  | DeleteRequest
  | SetDataRequest
  | CheckRequest
  | Path<'getData'>
  | Path<'getChildren'>;

/** Every request body, by the name of its operation. Null strings and paths are kept as '', but for that of a sync. */
export type ClientRequest =
  | CreateRequest
  | CreateTtlRequest
  | DeleteRequest
  | SetDataRequest
  | CheckRequest
  | SetAclRequest
  | Watchable<'exists'>
  | Watchable<'getData'>
  | Watchable<'getChildren'>
  | Watchable<'getChildren2'>
  | Path<'getACL'>
  | Path<'getAllChildrenNumber'>
  | Path<'getEphemerals'>
  | { readonly type: 'sync'; readonly path: string | null }
  | { readonly type: 'ping' }
  | { readonly type: 'closeSession' }
  | { readonly type: 'whoAmI' }
  | { readonly type: 'multi' | 'multiRead'; readonly operations: readonly MultiOperation[] }
  | {
      readonly type: 'reconfig';
      readonly joiningServers: string | null;
      readonly leavingServers: string | null;
      readonly newMembers: string | null;
      readonly curConfigId: number;
    }
  | (Path<'checkWatches' | 'removeWatches'> & { readonly watcherType: number })
  | (Path<'addWatch'> & { readonly mode: number })
  | {
      readonly type: 'setWatches';
      readonly relativeZxid: number;
      readonly dataWatches: readonly string[];
      readonly existWatches: readonly string[];
      readonly childWatches: readonly string[];
    }
  | {
      readonly type: 'setWatches2';
      readonly relativeZxid: number;
      readonly dataWatches: readonly string[];
      readonly existWatches: readonly string[];
      readonly childWatches: readonly string[];
      readonly persistentWatches: readonly string[];
      readonly persistentRecursiveWatches: readonly string[];
    }
  | {
      readonly type: 'auth';
      readonly authType: number;
      readonly scheme: string;
      readonly auth: Buffer | null;
    };

export type RequestName = ClientRequest['type'];

/** One result inside a multi: of the operation's own kind, or the error that it met. */
export type MultiResult =
  | { readonly type: 'create'; readonly path: string }
  | { readonly type: 'create2'; readonly path: string; readonly stat: Stat }
  | { readonly type: 'delete' | 'check' }
  | { readonly type: 'setData'; readonly stat: Stat }
  | { readonly type: 'getData'; readonly data: Buffer | null; readonly stat: Stat }
  | { readonly type: 'getChildren'; readonly children: readonly string[] }
  | { readonly type: 'error'; readonly err: number };

/** Reply bodies, by shape. `none` is a reply that is only a header. */
export type ReplyBody =
  | { readonly type: 'none' }
  | { readonly type: 'path'; readonly path: string }
  /** What a SASL mechanism answers to a client's token; null: there is none. */
  | { readonly type: 'saslToken'; readonly token: Buffer | null }
  /** The path as it was given: nobody looks at it. */
  | { readonly type: 'synced'; readonly path: string | null }
  | { readonly type: 'pathAndStat'; readonly path: string; readonly stat: Stat }
  | { readonly type: 'stat'; readonly stat: Stat }
  | { readonly type: 'data'; readonly data: Buffer | null; readonly stat: Stat }
  | { readonly type: 'acl'; readonly acl: readonly Acl[]; readonly stat: Stat }
  | { readonly type: 'children'; readonly children: readonly string[] }
  | { readonly type: 'childrenAndStat'; readonly children: readonly string[]; readonly stat: Stat }
  | { readonly type: 'count'; readonly count: number }
  | { readonly type: 'ephemerals'; readonly paths: readonly string[] }
  | { readonly type: 'error'; readonly err: number }
  | {
      readonly type: 'clientInfo';
      readonly ids: readonly { readonly scheme: string; readonly user: string }[];
    }
  | { readonly type: 'multi'; readonly results: readonly MultiResult[] };
