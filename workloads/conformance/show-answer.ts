// A reply as the plain values that a script expects: paths relative to the script's place, zxids by the names of
// the writes that they come from.

import { errorName } from '../../harness/client/client-errors.ts';
import type { Answer } from '../../harness/client/client.ts';
import { ErrorCode } from '../../harness/wire/constants.ts';
import type { Acl, MultiResult, Stat } from '../../harness/wire/records.ts';
import { noSession } from '../../harness/wire/session-id.ts';
import type { SessionId } from '../../harness/wire/session-id.ts';
import type { Shown, ShownResult, ShownStat } from './script.ts';

/** Of the users of scripts: a connection may be those of other workloads as well. */
const userPrefix = 'script-';

export interface Surroundings {
  /** The path of the script's place. */
  readonly place: string;
  readonly session: SessionId;
  /** By zxid. */
  readonly names: ReadonlyMap<number, string>;
}

export function showAnswer({ err, body }: Answer, around: Surroundings): Shown {
  if (err !== ErrorCode.OK) return { err: errorName(err) };
  switch (body.type) {
    case 'none':
    case 'synced':
    case 'saslToken':
      return {};
    case 'path':
      return { path: relative(body.path, around) };
    case 'pathAndStat':
      return { path: relative(body.path, around), stat: showStat(body.stat, around) };
    case 'stat':
      return { stat: showStat(body.stat, around) };
    case 'data':
      return { data: showData(body.data), stat: showStat(body.stat, around) };
    case 'acl':
      return { acl: body.acl.map(showAcl), stat: showStat(body.stat, around) };
    case 'children':
      return { children: [...body.children].sort() };
    case 'childrenAndStat':
      return { children: [...body.children].sort(), stat: showStat(body.stat, around) };
    case 'count':
      return { count: body.count };
    case 'ephemerals':
      return { ephemerals: body.paths.map((path) => relative(path, around)).sort() };
    case 'error':
      return { err: errorName(body.err) };
    case 'clientInfo':
      return { users: body.ids.map(({ user }) => user).filter((user) => user.startsWith(userPrefix)) };
    case 'multi':
      return { results: body.results.map((result) => showResult(result, around)) };
  }
}

/** `dataChanged a`. */
export function showEvent(event: { readonly type: string; readonly path: string }, place: string): string {
  return `${event.type} ${relative(event.path, { place })}`;
}

function showResult(result: MultiResult, around: Surroundings): ShownResult {
  switch (result.type) {
    case 'create':
      return relative(result.path, around);
    case 'create2':
      return { path: relative(result.path, around), stat: showStat(result.stat, around) };
    case 'delete':
    case 'check':
      return 'done';
    case 'setData':
      return { stat: showStat(result.stat, around) };
    case 'getData':
      return { data: showData(result.data), stat: showStat(result.stat, around) };
    case 'getChildren':
      return { children: [...result.children].sort() };
    case 'error':
      return errorName(result.err);
  }
}

/** Times are the leader's clock, and say nothing but at birth: both are those of the one transaction then. */
function showStat(stat: Stat, { session, names }: Surroundings): ShownStat {
  const { czxid, mzxid, pzxid, version, cversion, aversion, dataLength, numChildren, ctime, mtime } = stat;
  const nameOf = (zxid: number): string => names.get(zxid) ?? `0x${zxid.toString(16)}`;
  const isTorn = czxid === mzxid && ctime !== mtime;
  return {
    czxid: isTorn ? `${nameOf(czxid)} with two times` : nameOf(czxid),
    mzxid: nameOf(mzxid),
    pzxid: nameOf(pzxid),
    version,
    cversion,
    aversion,
    owner: showOwner(stat.ephemeralOwner, session),
    dataLength,
    numChildren,
  };
}

function showOwner(owner: SessionId, session: SessionId): string {
  if (owner === noSession) return 'nobody';
  return owner === session ? 'this session' : owner;
}

/** Null data stays apart from none. */
function showData(data: Buffer | null): string {
  return data === null ? 'null' : JSON.stringify(data.toString());
}

function showAcl({ perms, scheme, id }: Acl): string {
  return `${scheme}:${id} ${perms}`;
}

function relative(path: string, { place }: Pick<Surroundings, 'place'>): string {
  if (path === place) return '.';
  return path.startsWith(`${place}/`) ? path.slice(place.length + 1) : path;
}
