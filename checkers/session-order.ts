// One session's requests take effect in its order, also when it sends them without waiting: its zxids never fall
// and rise with each write, a read behind an acknowledged write of its own shows that write or a later one, a read
// in front of one does not show it, and no Stat goes back. Over all sessions, a version of a znode is one set of
// data, and a count of its children's changes is one set of children.

import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { describeTime, describeZxid } from './describe.ts';
import { stepsOf } from './session-steps.ts';
import type { SessionStep, ShownStat } from './session-steps.ts';
import { judgeFacts } from './znode-facts.ts';
import type { Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;

export const sessionOrder: Checker = wholeHistory({
  name: 'session-order',
  title: 'a session is served in its order',
  description: 'pipelined reads see the own writes before them and none behind them, and no Stat goes back',
  concerns: named('pipeline', 'final-stat'),
  check(history) {
    const { steps, sets } = stepsOf(pairOperations(history));
    const sessions = Map.groupBy(steps, ({ session }) => session);
    const views = [...sessions].map(([session, own]) => judgeSession(session, own, sets));
    return conclude(sessionOrder, {
      history,
      opportunities: views.reduce((sum, { opportunities }) => sum + opportunities, 0),
      leastOpportunities,
      opportunity: 'reads behind a write of their own session',
      evidence: [...views.flatMap(({ evidence }) => evidence), ...judgeFacts(steps, sets)],
      doubts: [],
    });
  },
});

/** What a session knows of a znode: no later answer may be behind it. */
interface Knowledge {
  /** The answer with the highest version, and the one that tells most of the children. */
  data: { readonly version: number; readonly step: SessionStep } | null;
  children: { readonly pzxid: number; readonly step: SessionStep } | null;
  czxid: number;
  hasWritten: boolean;
}

interface Judged {
  readonly opportunities: number;
  readonly evidence: readonly Evidence[];
}

/** One finding for a session: what follows it may follow from it. */
function judgeSession(
  session: string,
  steps: readonly SessionStep[],
  sets: ReadonlyMap<number, SessionStep>,
): Judged {
  const znodes = new Map<string, Knowledge>();
  let highest: SessionStep | null = null;
  let opportunities = 0;
  for (const step of steps) {
    if (step.zxid === null) continue;
    const known = knowledgeOf(znodes, step.key);
    if (known.hasWritten && step.stat !== null) opportunities++;
    const found = findOldZxid(step, highest) ?? findFuture(step, sets) ?? findOldStat(step, known);
    if (found !== null) {
      const operations = [...new Set([found.earlier.operation, step.operation])];
      const item = { subject: `session ${session}`, sentence: found.sentence, operations };
      return { opportunities, evidence: [item] };
    }
    highest = step;
    learn(step, known);
  }
  return { opportunities, evidence: [] };
}

interface Finding {
  readonly sentence: string;
  readonly earlier: SessionStep;
}

function findOldZxid(step: SessionStep, highest: SessionStep | null): Finding | null {
  if (highest === null || highest.zxid === null || step.zxid === null) return null;
  const isRepeated = step.isWrite && step.failure === null && step.zxid === highest.zxid;
  if (step.zxid > highest.zxid || (step.zxid === highest.zxid && !isRepeated)) return null;
  return {
    sentence: `${describe(step)} came with zxid ${describeZxid(step.zxid)}, behind ${describe(highest)} with ${describeZxid(highest.zxid)}`,
    earlier: highest,
  };
}

/** A read that shows what its own session asked for only later. */
function findFuture(step: SessionStep, sets: ReadonlyMap<number, SessionStep>): Finding | null {
  if (step.op !== 'get' || step.value === null) return null;
  const set = sets.get(step.value);
  if (set === undefined || set.session !== step.session || set.position <= step.position) return null;
  return {
    sentence: `${describe(step)} shows ${step.value}, which its session asked to be written only behind it`,
    earlier: set,
  };
}

function findOldStat(step: SessionStep, known: Knowledge): Finding | null {
  const { stat } = step;
  if (stat === null || stat.czxid < known.czxid) return null;
  // Made anew since: nothing that was known holds of it.
  if (stat.czxid > known.czxid) return null;
  const { data, children } = known;
  if (data !== null && stat.version < data.version) {
    const what = data.step.op === 'set' ? 'its own' : 'after it had seen';
    return {
      sentence: `${describe(step)} shows version ${stat.version}, ${what} ${describe(data.step)} with version ${data.version}`,
      earlier: data.step,
    };
  }
  if (children !== null && stat.pzxid < children.pzxid) {
    const own = children.step.stat === null ? 'although its own' : 'after';
    return {
      sentence: `${describe(step)} shows children as of zxid ${describeZxid(stat.pzxid)}, ${own} ${describe(children.step)} told of ${describeZxid(children.pzxid)}`,
      earlier: children.step,
    };
  }
  return null;
}

function learn(step: SessionStep, known: Knowledge): void {
  if (step.failure !== null || step.zxid === null) return;
  if (step.isWrite) known.hasWritten = true;
  if (step.op === 'create' || step.op === 'delete') {
    known.children = { pzxid: step.zxid, step };
    return;
  }
  const { stat } = step;
  if (stat === null) return;
  if (stat.czxid > known.czxid) forget(known, stat);
  if (stat.czxid < known.czxid) return;
  if (known.data === null || stat.version > known.data.version || step.isWrite) {
    known.data = { version: stat.version, step };
  }
  if (known.children === null || stat.pzxid > known.children.pzxid) {
    known.children = { pzxid: stat.pzxid, step };
  }
}

/** Before the first Stat the session may have made children: that a create was acknowledged holds all the same. */
function forget(known: Knowledge, stat: ShownStat): void {
  if (known.czxid > 0) known.children = null;
  known.data = null;
  known.czxid = stat.czxid;
}

function knowledgeOf(znodes: Map<string, Knowledge>, key: string): Knowledge {
  const known = znodes.get(key) ?? { data: null, children: null, czxid: 0, hasWritten: false };
  znodes.set(key, known);
  return known;
}

/** `get of /session-order/1 by process 3 at 1.250 s`. */
function describe({ op, key, child, operation }: SessionStep): string {
  const path = child === null ? key : `${key}/${child}`;
  return `${op} of ${path} by process ${operation.process} at ${describeTime(operation.time)}`;
}
