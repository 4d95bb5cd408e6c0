// The calls of the barrier workload, by group: who arrived in which round and until when he is known to have been
// there, what lists showed, and when rounds were opened. A list is complete as of its parent's last change of children.

import type { Call } from '../../harness/history/pairing.ts';
import { pathOf, valueOf } from '../register-calls.ts';
import { Presences, prove, type Presence } from './presences.ts';

/** Of one member in one round; after the end of a session there may be another. */
export interface Arrival {
  readonly name: string;
  readonly round: number;
  readonly presence: Presence;
}

export interface BarrierList {
  readonly call: Call;
  readonly names: readonly string[];
  /** As of this zxid the names are complete. */
  readonly at: number;
  /** The round of one who went on to the next, because of what he saw here. */
  readonly leaves: number | null;
}

/** A round was open as of this zxid, at the latest. */
export interface Opening {
  readonly round: number;
  readonly zxid: number;
  readonly call: Call;
}

export interface BarrierGroup {
  readonly path: string;
  /** Of its members: those who were ever to arrive, however that ended. */
  readonly members: readonly string[];
  readonly size: number;
  readonly arrivals: readonly Arrival[];
  /** By name: creates without a reply, which may have made it. */
  readonly doubtful: ReadonlyMap<string, readonly Call[]>;
  readonly lists: readonly BarrierList[];
  /** Of every round that was seen or made open, the first as of its zxid. */
  readonly openings: readonly Opening[];
  /** Calls of members that went on because a round was open, or opened it. */
  readonly entryCount: number;
}

export const barrierFunctions = [
  'barrier-arrive',
  'barrier-check',
  'barrier-open',
  'barrier-depart',
  'barrier-leave',
  'barrier-peek',
  'final-rounds',
  'session-close',
] as const;

interface OpenGroup {
  readonly path: string;
  readonly members: Set<string>;
  size: number;
  readonly arrivals: Arrival[];
  readonly byName: Map<string, Arrival>;
  readonly doubtful: Map<string, Call[]>;
  readonly lists: BarrierList[];
  readonly openings: Map<number, Opening>;
  entryCount: number;
}

/** `calls` in the order of their invocations; those of one session follow one another. */
export function barrierGroupsOf(calls: readonly Call[], root: string): BarrierGroup[] {
  const presences = new Presences();
  const groups = new Map<string, OpenGroup>();
  for (const call of calls) {
    const path = pathOf(call.invocation);
    if (call.f === 'session-close') {
      const session = call.completion?.session;
      if (session === undefined || call.outcome === 'fail') continue;
      presences.end(session, call.outcome === 'ok' ? (call.completion?.zxid ?? null) : null, call);
    } else if (path?.startsWith(`${root}/`) === true) {
      takeCall(call, openGroup(groups, path), presences);
    }
  }
  return [...groups.values()].map(({ members, openings, ...group }) => ({
    ...group,
    members: [...members],
    openings: [...openings.values()].toSorted((a, b) => a.round - b.round),
  }));
}

function openGroup(groups: Map<string, OpenGroup>, path: string): OpenGroup {
  const present = groups.get(path);
  if (present !== undefined) return present;
  const group: OpenGroup = {
    path,
    members: new Set(),
    size: 0,
    arrivals: [],
    byName: new Map(),
    doubtful: new Map(),
    lists: [],
    openings: new Map(),
    entryCount: 0,
  };
  groups.set(path, group);
  return group;
}

function takeCall(call: Call, group: OpenGroup, presences: Presences): void {
  const { f, outcome, completion } = call;
  const asked = recordOf(valueOf(call.invocation));
  const name = `r${String(asked['round'])}-m${String(asked['member'])}`;
  if (typeof asked['size'] === 'number') {
    group.size = asked['size'];
    group.members.add(String(asked['member']));
  }
  const present = group.byName.get(name);
  if (f === 'barrier-depart' && outcome !== 'fail' && present !== undefined) {
    presences.leave(present.presence);
  }
  if (f === 'barrier-arrive' && outcome === 'info') {
    group.doubtful.set(name, [...(group.doubtful.get(name) ?? []), call]);
  }
  if (outcome !== 'ok' || completion === null) return;
  const value = recordOf(valueOf(completion));
  const { session = '', zxid = 0 } = completion;
  switch (f) {
    case 'barrier-arrive': {
      const czxid = Number(value['czxid']);
      // Found there, of an earlier create, it is read and not written.
      if (czxid === zxid) presences.wrote(session, zxid, call);
      const presence = presences.arrive({ name, session, czxid, create: call });
      const arrival = { name, round: Number(asked['round']), presence };
      group.arrivals.push(arrival);
      group.byName.set(name, arrival);
      return;
    }
    case 'barrier-open':
      presences.wrote(session, zxid, call);
      group.entryCount++;
      sawOpen(group, { round: Number(asked['round']), zxid, call });
      return;
    case 'barrier-depart':
      presences.wrote(session, zxid, call);
      if (present !== undefined) prove(present.presence, zxid - 1, call);
      return;
    default:
      takeList(call, value, group);
  }
}

function takeList(call: Call, value: Readonly<Record<string, unknown>>, group: OpenGroup): void {
  const { names, at, open, openedZxid, isIn, isOut, round } = value;
  if (!Array.isArray(names) || typeof at !== 'number') return;
  const leaves = isOut === true ? Number(round) : null;
  group.lists.push({ call, names: names.map(String), at, leaves });
  if (isIn === true) group.entryCount++;
  if (typeof open === 'number' && typeof openedZxid === 'number') {
    sawOpen(group, { round: open, zxid: openedZxid, call });
  }
}

function sawOpen(group: OpenGroup, opening: Opening): void {
  const known = group.openings.get(opening.round);
  if (known === undefined || opening.zxid < known.zxid) group.openings.set(opening.round, opening);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
