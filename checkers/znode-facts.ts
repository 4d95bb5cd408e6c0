// What is true of a znode whoever asks: a version is one set of data by one transaction at one time, a count of its
// children's changes is one number of children by one transaction, and what was read somebody wrote. So two
// answers about the same version, by any sessions from any servers, must be the same.

import { describeTime, describeZxid } from './describe.ts';
import type { SessionStep, ShownStat } from './session-steps.ts';
import type { Evidence } from './verdict.ts';

/** What the workload's setup left in each znode. */
const initialValue = 0;

/** Something that two answers may say differently, where only one can be right. */
interface Fact {
  /** What it is about: `version 5`. */
  readonly about: string;
  readonly is: string;
}

export function judgeFacts(
  steps: readonly SessionStep[],
  sets: ReadonlyMap<number, SessionStep>,
): Evidence[] {
  const told = new Map<string, { readonly is: string; readonly step: SessionStep }>();
  const evidence: Evidence[] = [];
  const accused = new Set<string>();
  for (const step of steps) {
    const { stat } = step;
    if (stat === null || step.failure !== null || accused.has(step.key)) continue;
    const found =
      findUnwritten(step, sets) ?? findImpossible(step, stat) ?? findContradiction(step, stat, told);
    if (found === null) continue;
    accused.add(step.key);
    evidence.push({ subject: step.key, ...found });
  }
  return evidence;
}

type Finding = Omit<Evidence, 'subject'>;

function findUnwritten(step: SessionStep, sets: ReadonlyMap<number, SessionStep>): Finding | null {
  const { value } = step;
  if (step.op !== 'get' || value === null || value === initialValue) return null;
  const set = sets.get(value);
  if (set?.key === step.key && set.failure !== 'refused') return null;
  const why =
    set === undefined
      ? 'which nobody wrote'
      : set.key !== step.key
        ? `which was written to ${set.key}`
        : `whose set by process ${set.operation.process} failed for certain at ${describeTime(set.operation.time)}`;
  const operations = [...(set === undefined ? [] : [set.operation]), step.operation];
  return { sentence: `${describe(step)} shows ${value}, ${why}`, operations };
}

/** What one answer alone cannot say. */
function findImpossible(step: SessionStep, stat: ShownStat): Finding | null {
  const fault = faultOf(step, stat);
  return fault === null ? null : { sentence: `${describe(step)} ${fault}`, operations: [step.operation] };
}

function faultOf(step: SessionStep, stat: ShownStat): string | null {
  if (step.childCount !== null && step.childCount !== stat.numChildren) {
    return `lists ${step.childCount} children, and its Stat counts ${stat.numChildren}`;
  }
  if (step.value !== null && String(step.value).length !== stat.dataLength) {
    return `shows ${step.value}, and its Stat has a data length of ${stat.dataLength}`;
  }
  if (step.op === 'set' && step.zxid !== null && stat.mzxid !== step.zxid) {
    return `came with zxid ${describeZxid(step.zxid)}, and its Stat says it was changed by ${describeZxid(stat.mzxid)}`;
  }
  return null;
}

function findContradiction(
  step: SessionStep,
  stat: ShownStat,
  told: Map<string, { readonly is: string; readonly step: SessionStep }>,
): Finding | null {
  for (const { about, is } of factsOf(step, stat)) {
    const key = `${step.key} ${stat.czxid} ${about}`;
    const other = told.get(key);
    if (other === undefined) {
      told.set(key, { is, step });
    } else if (other.is !== is) {
      return {
        sentence: `${about} is ${other.is} in ${describe(other.step)}, and ${is} in ${describe(step)}`,
        operations: [...new Set([other.step.operation, step.operation])],
      };
    }
  }
  return null;
}

/** About one incarnation of a znode. A list of children tells nothing of the data. */
function factsOf(step: SessionStep, stat: ShownStat): Fact[] {
  const { version, mzxid, mtime, dataLength, cversion, pzxid, numChildren, ctime } = stat;
  const facts: Fact[] = [
    { about: 'its beginning', is: `at ${ctime}` },
    {
      about: `version ${version}`,
      is: `of zxid ${describeZxid(mzxid)} at ${mtime} with ${dataLength} bytes`,
    },
    { about: `zxid ${describeZxid(mzxid)}`, is: `version ${version}` },
    { about: `cversion ${cversion}`, is: `of zxid ${describeZxid(pzxid)} with ${numChildren} children` },
    { about: `pzxid ${describeZxid(pzxid)}`, is: `cversion ${cversion}` },
  ];
  if (step.value === null) return facts;
  return [
    ...facts,
    { about: `the data of version ${version}`, is: String(step.value) },
    { about: `the version of ${step.value}`, is: String(version) },
  ];
}

/** `get by process 3 on server 2 at 1.250 s`. */
function describe({ op, operation }: SessionStep): string {
  const where = operation.server === undefined ? '' : ` on server ${operation.server}`;
  return `${op} by process ${operation.process}${where} at ${describeTime(operation.time)}`;
}
