// The order that the zxids claim for all acknowledged writes, over all znodes, against real time: a write that
// began after another was acknowledged has the higher zxid, and no two writes have the same one. Gaps are
// right: a refused write takes a zxid too.

import type { Call } from '../harness/history/pairing.ts';
import { describeTime, describeValue, describeZxid, operationsOf, timeOf } from './describe.ts';
import { writeFunctions } from './write-functions.ts';
import type { Evidence } from './verdict.ts';

/** The first contradiction, if any. */
export function checkZxidOrder(calls: readonly Call[]): Evidence[] {
  const writes = calls.filter(
    (call) => call.outcome === 'ok' && writeFunctions.has(call.f) && (call.completion?.zxid ?? 0) > 0,
  );
  const found = findInversion(writes) ?? findRepetition(writes);
  return found === null ? [] : [found];
}

/** Sweeps over the beginnings with the highest zxid that had been acknowledged strictly before each. */
function findInversion(writes: readonly Call[]): Evidence | null {
  const byStart = [...writes].sort((a, b) => a.invocation.time - b.invocation.time);
  const byEnd = [...writes].sort((a, b) => timeOf(a) - timeOf(b));
  let highest: Call | null = null;
  let ended = 0;
  for (const write of byStart) {
    for (; ended < byEnd.length; ended++) {
      const earlier = byEnd[ended] as Call;
      if (timeOf(earlier) >= write.invocation.time) break;
      if (highest === null || zxidOf(earlier) > zxidOf(highest)) highest = earlier;
    }
    if (highest !== null && zxidOf(write) < zxidOf(highest)) {
      return {
        subject: 'order of zxids',
        sentence:
          `${describe(write)} began at ${describeTime(write.invocation.time)}, ` +
          `after ${describe(highest)} was acknowledged at ${describeTime(timeOf(highest))}`,
        operations: [...operationsOf(highest), ...operationsOf(write)],
      };
    }
  }
  return null;
}

function findRepetition(writes: readonly Call[]): Evidence | null {
  const byZxid = new Map<number, Call>();
  for (const write of writes) {
    const other = byZxid.get(zxidOf(write));
    if (other !== undefined) {
      return {
        subject: 'order of zxids',
        sentence: `two writes were acknowledged with one zxid: ${describe(other)} at ${describeTime(timeOf(other))}, ${describe(write)} at ${describeTime(timeOf(write))}`,
        operations: [...operationsOf(other), ...operationsOf(write)],
      };
    }
    byZxid.set(zxidOf(write), write);
  }
  return null;
}

function zxidOf(call: Call): number {
  return call.completion?.zxid ?? 0;
}

function describe(call: Call): string {
  const { f, invocation, process } = call;
  return `${f} ${describeValue(invocation.value)} by process ${process} with zxid ${describeZxid(zxidOf(call))}`;
}
