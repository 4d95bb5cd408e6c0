// Linearizable writes and sync-reads: all writes of a znode, and all reads behind a sync, have one order that
// respects real time. Every reply claims a place in that order: a version is made by one write, a write makes one
// version, zxids rise with both and with real time, and a read shows the state at its zxid. The claims are checked as
// the history passes by; what they leave open, writes that were told no version, is searched for, znode by znode.
// Plain reads are local and may be stale (ZooKeeper programmer's guide, consistency guarantees); they count as
// sightings of a version only.

import { HistoryError } from '../harness/history/history-error.ts';
import type { Operation } from '../harness/history/operation.ts';
import { makeCall } from '../harness/history/pairing.ts';
import type { Call } from '../harness/history/pairing.ts';
import { conclude, restoreOperations } from './conclude.ts';
import { describeTime, operationsOf, timeOf } from './describe.ts';
import { searchCalls } from './linearizability/check-history.ts';
import type { SearchedCalls } from './linearizability/check-history.ts';
import { explainBlocked } from './linearizability/evidence.ts';
import type { Model } from './models/model.ts';
import type { ZnodeAction, ZnodeState } from './models/znode-register.ts';
import { initialValue, znodeRegister } from './models/znode-register.ts';
import {
  isAboutRegisters,
  isAcknowledgedWrite,
  isSetRead,
  isWrite,
  pathOf,
  valueAsked,
  valueOf,
  versionAsked,
  versionOf,
  withoutPath,
  writtenValue,
} from './register-calls.ts';
import type {
  CheckBudget,
  CheckContext,
  Checker,
  Evidence,
  GuaranteeResult,
  HistoryEnd,
  Judge,
} from './verdict.ts';
import { checkVersionChain, sightingsOf } from './version-chain.ts';
import { streamed } from './whole-history.ts';
import { explainFlaw } from './witness/explain-flaw.ts';
import { RegisterWitness } from './witness/register-witness.ts';
import { isStat } from './witness/stat-facts.ts';
import { ValueCodes } from './witness/value-codes.ts';
import { ZxidClaims } from './witness/zxid-claims.ts';
import { writeFunctions } from './write-functions.ts';

const leastOpportunities = 10;
/** Calls on one znode, and on all, that are kept for a search or for the words of its answer. */
const mostKept = { ofOne: 4000, ofAll: 60_000 };

export const linearizableWrites: Checker = streamed({
  name: 'linearizable-writes',
  title: 'linearizable writes and sync-reads',
  description: 'writes, conditional writes and reads behind a sync have one order that respects real time',
  begin: (context) => new WritesJudge(context),
});

class WritesJudge implements Judge {
  readonly #context: CheckContext;
  readonly #codes = new ValueCodes();
  readonly #zxids = new ZxidClaims();
  readonly #registers = new Map<string, Register>();
  #keptCount = 0;
  #lastTime = 0;
  #opportunities = 0;
  #isAsked = false;
  #isAnswered = false;

  constructor(context: CheckContext) {
    this.#context = context;
  }

  concerns({ f, process }: Pick<Operation, 'f' | 'process'>): boolean {
    return process !== 'nemesis' && (isAboutRegisters(f) || writeFunctions.has(f));
  }

  take(operation: Operation, invocation: Operation | null): void {
    const { f, time } = operation;
    if (time < this.#lastTime) {
      throw new HistoryError(
        `entry ${operation.index} is earlier than the one before it: times must not fall`,
      );
    }
    this.#lastTime = time;
    if (writeFunctions.has(f)) {
      if (invocation === null) this.#zxids.begin(operation);
      else this.#zxids.end(invocation, operation);
    }
    if (!isAboutRegisters(f)) return;
    if (invocation === null) this.#begin(operation);
    else this.#end(makeCall(invocation, operation));
  }

  conclude({ budget, open, callsAt }: HistoryEnd): GuaranteeResult {
    for (const invocation of open) if (isAboutRegisters(invocation.f)) this.#end(makeCall(invocation, null));
    for (const committed of this.#context.committedWrites ?? []) {
      const register = this.#registers.get(committed.path);
      register?.witness.confirm(committed, this.#codes.codeOf(committed.value));
    }
    const found = this.#judgeRegisters(budget, callsAt);
    const isVain = this.#isAsked && !this.#isAnswered;
    return conclude(linearizableWrites, {
      history: [],
      opportunities: this.#opportunities,
      leastOpportunities,
      opportunity: 'acknowledged cas and judged sync-reads',
      evidence: [...found.evidence, ...this.#zxids.judge(callsAt)],
      doubts: isVain ? ['no operation on a register was acknowledged'] : found.doubts,
    });
  }

  #begin(invocation: Operation): void {
    const path = pathOf(invocation);
    if (path === null) return;
    const isOfWrite = isWrite(invocation);
    const register = isOfWrite ? this.#registerOf(path) : this.#registers.get(path);
    register?.witness.begin(invocation, isOfWrite);
  }

  #end(call: Call): void {
    const { invocation, completion, outcome, f } = call;
    const path = pathOf(invocation);
    if (path === null || isSetRead(call)) return;
    this.#isAsked = true;
    const register = this.#registerOf(path);
    this.#keep(register, call);
    if (outcome === 'ok' && completion !== null) {
      this.#isAnswered = true;
      this.#claim(register, call, completion);
    } else if (outcome === 'info' && isWrite(call)) {
      const asked = valueOf(invocation);
      register.witness.lose(invocation, this.#codes.codeOf(valueAsked(f, asked)), versionAsked(f, asked));
    } else {
      register.witness.forget(invocation);
    }
  }

  /** Takes the call apart as it is, with its path: a copy without costs more than the claim. */
  #claim({ witness }: Register, call: Call, completion: Operation): void {
    const { f, invocation } = call;
    const isStrict = isJudged(call, this.#context);
    if (isStrict && f !== 'write') this.#opportunities++;
    const asked = valueOf(invocation);
    const only = versionAsked(f, asked);
    const version = completion.version ?? only ?? undefined;
    if (version === undefined) {
      if (isStrict) witness.hasUnordered = true;
      witness.forget(invocation);
      return;
    }
    const isOfWrite = isWrite(call);
    const value = isOfWrite ? valueAsked(f, asked) : valueOf(completion);
    const { stat, zxid = 0, server = -1 } = completion;
    witness.claim(invocation, {
      isWrite: isOfWrite,
      isStrict,
      version,
      only,
      value: this.#codes.codeOf(value),
      bytes: typeof value === 'number' ? String(value).length : null,
      zxid,
      isExact: this.#context.exactReadServers?.has(server) === true,
      stat: isStat(stat) ? stat : null,
      completion,
    });
  }

  #registerOf(path: string): Register {
    let register = this.#registers.get(path);
    if (register === undefined) {
      register = { path, witness: new RegisterWitness(this.#codes.codeOf(initialValue)), calls: [] };
      this.#registers.set(path, register);
    }
    return register;
  }

  /** Calls that told their version need no search, so where there are many of them they are let go. */
  #keep(register: Register, call: Call): void {
    if (register.calls === null) return;
    register.calls.push(call);
    this.#keptCount++;
    const isTooMuch = register.calls.length > mostKept.ofOne || this.#keptCount > mostKept.ofAll;
    if (!isTooMuch || register.witness.hasUnordered) return;
    this.#keptCount -= register.calls.length;
    register.calls = null;
  }

  #judgeRegisters(
    budget: CheckBudget,
    callsAt: HistoryEnd['callsAt'],
  ): { readonly evidence: Evidence[]; readonly doubts: string[] } {
    const { nowMs } = this.#context;
    const started = nowMs();
    const evidence: Evidence[] = [];
    const doubts: string[] = [];
    for (const [position, register] of [...this.#registers.values()].entries()) {
      const { path, witness } = register;
      const flaw = witness.judge();
      if (flaw === null && !witness.hasUnordered) continue;
      const leftMs = Math.max(0, budget.timeMs - (nowMs() - started));
      const timeMs = leftMs / (this.#registers.size - position);
      const found = judgeBySearch(register, { ...this.#context, budget: { ...budget, timeMs } });
      if (found.evidence.length > 0) evidence.push(...found.evidence);
      else if (flaw !== null) evidence.push(explainFlaw(path, flaw, callsAt(flaw.entries)));
      else doubts.push(...found.doubts);
    }
    return { evidence, doubts };
  }
}

interface Register {
  readonly path: string;
  readonly witness: RegisterWitness;
  /** Null: there were too many to keep. */
  calls: Call[] | null;
}

/** Only where the server declares that its sync is a quorum barrier, a read behind it must be fresh. */
function isJudged(call: Call, { quorumSyncServers }: CheckContext): boolean {
  if (call.outcome === 'fail') return false;
  if (isWrite(call)) return true;
  const server = call.completion?.server;
  if (call.f !== 'sync-read' || call.outcome !== 'ok') return false;
  return server !== undefined && quorumSyncServers.has(server);
}

interface Searched {
  readonly evidence: readonly Evidence[];
  readonly doubts: readonly string[];
}

/** Where the claims leave something open; and its answer says the most where the claims are wrong. */
function judgeBySearch({ path, calls }: Register, context: CheckContext): Searched {
  if (calls === null) {
    return {
      evidence: [],
      doubts: [`a write of ${path} was told no version, behind too many calls to search`],
    };
  }
  const all = calls
    .toSorted((one, other) => one.invocation.index - other.invocation.index)
    .map((call) => withoutPath(call));
  const chain = checkVersionChain(path, all);
  if (chain.length > 0) return { evidence: restored(chain, calls), doubts: [] };
  const strict = all.filter((call) => isJudged(call, context));
  const searched = searchRegister({ all, strict }, context);
  if (searched.result.type === 'not-linearizable') {
    return { evidence: restored([explain(path, searched)], calls), doubts: [] };
  }
  const isOpen = searched.result.type === 'unknown';
  const ranOut = searched.result.type === 'unknown' ? searched.result.ranOut : '';
  return { evidence: [], doubts: isOpen ? [`the search of ${path} ran out of ${ranOut}`] : [] };
}

/** With the entries as the history has them. */
function restored(evidence: readonly Evidence[], calls: readonly Call[]): Evidence[] {
  const entries = calls.flatMap(operationsOf).sort((one, other) => one.index - other.index);
  return evidence.map((item) => restoreOperations(item, entries));
}

interface SearchedRegister {
  /** Every call on the znode. */
  readonly all: readonly Call[];
  /** Those that must have one order: no plain reads, no definite failures. */
  readonly strict: readonly Call[];
}

function searchRegister(
  { all, strict }: SearchedRegister,
  { budget, nowMs }: CheckContext,
): SearchedCalls<ZnodeState> {
  return searchCalls(withSightings(all), strict, { ...budget, nowMs });
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
