// Linearizable writes and sync-reads: all writes of a znode, and all reads behind a sync, have one order that
// respects real time. Judged by search, znode by znode, and before that by what every reply claims: a version
// is made by one write, a write makes one version, and zxids rise with real time. Plain reads are local and may
// be stale (ZooKeeper programmer's guide, consistency guarantees); they count as sightings of a version only.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { describeTime, operationsOf, timeOf } from './describe.ts';
import { searchCalls } from './linearizability/check-history.ts';
import type { SearchedCalls } from './linearizability/check-history.ts';
import { explainBlocked } from './linearizability/evidence.ts';
import type { Model } from './models/model.ts';
import type { ZnodeAction, ZnodeState } from './models/znode-register.ts';
import { znodeRegister } from './models/znode-register.ts';
import {
  isAboutRegisters,
  isAcknowledgedWrite,
  isWrite,
  registersOf,
  versionOf,
  writtenValue,
} from './register-calls.ts';
import type { CheckContext, Checker, Evidence } from './verdict.ts';
import { checkVersionChain, sightingsOf } from './version-chain.ts';
import { writeFunctions } from './write-functions.ts';
import { checkZxidOrder } from './zxid-order.ts';
import { wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;

export const linearizableWrites: Checker = wholeHistory({
  name: 'linearizable-writes',
  title: 'linearizable writes and sync-reads',
  description: 'writes, conditional writes and reads behind a sync have one order that respects real time',
  concerns: ({ f, process }) => process !== 'nemesis' && (isAboutRegisters(f) || writeFunctions.has(f)),
  check(history, context) {
    const calls = pairOperations(history);
    const registers = [...registersOf(calls)];
    const judged = registers.map(([path, all]) => ({ path, all, strict: judgedCalls(all, context) }));
    const found = judgeRegisters(judged, context);
    const doubts = nothingAcknowledged(registers.flatMap(([, all]) => all)) ?? found.doubts;
    const opportunities = judged
      .flatMap(({ strict }) => strict)
      .filter((call) => call.outcome === 'ok' && call.f !== 'write').length;
    return conclude(linearizableWrites, {
      history,
      opportunities,
      leastOpportunities,
      opportunity: 'acknowledged cas and judged sync-reads',
      evidence: [...found.evidence, ...checkZxidOrder(calls)],
      doubts,
    });
  },
});

interface Register {
  readonly path: string;
  /** Every call on the znode. */
  readonly all: readonly Call[];
  /** Those that must have one order: no plain reads, no definite failures. */
  readonly strict: readonly Call[];
}

/** Only where the server declares that its sync is a quorum barrier, a read behind it must be fresh. */
function judgedCalls(calls: readonly Call[], context: CheckContext): Call[] {
  return calls.filter((call) => {
    if (call.outcome === 'fail') return false;
    if (isWrite(call)) return true;
    const server = call.completion?.server;
    return (
      call.f === 'sync-read' &&
      call.outcome === 'ok' &&
      server !== undefined &&
      context.quorumSyncServers.has(server)
    );
  });
}

function judgeRegisters(
  registers: readonly Register[],
  context: CheckContext,
): { readonly evidence: Evidence[]; readonly doubts: string[] } {
  const started = context.nowMs();
  const evidence: Evidence[] = [];
  const doubts: string[] = [];
  for (const [position, register] of registers.entries()) {
    const chain = checkVersionChain(register.path, register.all);
    if (chain.length > 0) {
      evidence.push(...chain);
      continue;
    }
    const leftMs = Math.max(0, context.budget.timeMs - (context.nowMs() - started));
    const searched = searchRegister(register, { ...context, timeMs: leftMs / (registers.length - position) });
    if (searched.result.type === 'not-linearizable') evidence.push(explain(register.path, searched));
    if (searched.result.type === 'unknown') {
      doubts.push(`the search of ${register.path} ran out of ${searched.result.ranOut}`);
    }
  }
  return { evidence, doubts };
}

function searchRegister(
  register: Register,
  { timeMs, budget, nowMs }: CheckContext & { readonly timeMs: number },
): SearchedCalls<ZnodeState> {
  const model = withSightings(register.all);
  return searchCalls(model, register.strict, { timeMs, memoryBytes: budget.memoryBytes, nowMs });
}

/**
 * The model, told what all reads saw. A lost write that writes a value of its own is either seen by a read, and
 * then the version it made is known, or by none, and then all such writes are alike but for their start.
 * Both keep the search from trying every subset of the lost writes; neither excludes an order that is possible.
 */
function withSightings(calls: readonly Call[]): Model<ZnodeState, ZnodeAction> {
  const sightings = sightingsOf(calls);
  return {
    ...znodeRegister,
    action(call) {
      const action = znodeRegister.action(call);
      if (action === null || action.type === 'read' || call.outcome === 'ok') return action;
      if ((sightings.writers.get(action.value) ?? 0) > 1) return action;
      const version = sightings.versions.get(action.value);
      if (version !== undefined) return { ...action, version };
      return sightings.isSeen.has(action.value) ? action : { ...action, value: unseen };
    },
  };
}

/** Stands for every value that was perhaps written and certainly never read. No JSON text is like it. */
const unseen = '(never read)';

function explain(path: string, searched: SearchedCalls<ZnodeState>): Evidence {
  const { result, calls } = searched;
  if (result.type !== 'not-linearizable') throw new TypeError('only a violation can be explained');
  const blocked = calls[result.blocked] as Call;
  const newer = newerBefore(blocked, calls);
  const evidence = explainBlocked(znodeRegister, result, calls, { subject: path, isTimed: true });
  if (newer === null) return evidence;
  const learned = isWrite(newer) ? 'was acknowledged' : `was answered to process ${newer.process}`;
  return {
    ...evidence,
    sentence:
      `${describe(blocked)} by process ${blocked.process} at ${describeTime(timeOf(blocked))} ` +
      `(begun at ${describeTime(blocked.invocation.time)}), after ${describe(newer)} ${learned} at ${describeTime(timeOf(newer))}`,
    operations: [...operationsOf(newer), ...operationsOf(blocked)],
  };
}

/** A call that ended before `stale` began and knew a newer version: the plainest proof of a stale reply. */
function newerBefore(stale: Call, calls: readonly Call[]): Call | null {
  const version = versionOf(stale);
  if (version === undefined) return null;
  const newer = calls.filter(
    (call) =>
      call.outcome === 'ok' &&
      call.completion !== null &&
      call.completion.time < stale.invocation.time &&
      (versionOf(call) ?? -1) > version,
  );
  const byAge = newer.sort((a, b) => (versionOf(a) ?? 0) - (versionOf(b) ?? 0));
  return byAge.find(isAcknowledgedWrite) ?? byAge[0] ?? null;
}

/** `write 4 (version 6)`, `sync-read 3 (version 5)`, `cas of version 5 to 9 (version 6)`. */
function describe(call: Call): string {
  const version = versionOf(call);
  const shown = version === undefined ? '' : ` (version ${version})`;
  if (!isWrite(call)) return `${call.f} ${JSON.stringify(call.completion?.value)}${shown}`;
  return `${call.f} ${JSON.stringify(writtenValue(call))}${shown}`;
}

function nothingAcknowledged(calls: readonly Call[]): string[] | null {
  if (calls.length === 0 || calls.some((call) => call.outcome === 'ok')) return null;
  return ['no operation on a register was acknowledged'];
}
