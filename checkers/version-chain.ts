// The versions of one znode as all its replies claim them. Each write raises the version by one, so a version
// belongs to one write and shows one value, whoever reads it, wherever and how late. This needs no search and
// no real time, and says more plainly what is wrong when two leaders wrote at once.

import type { Call } from '../harness/history/pairing.ts';
import { describeTime, describeValue, operationsOf, timeOf } from './describe.ts';
import { initialValue, initialVersion } from './models/znode-register.ts';
import { heldValue, isWrite, versionOf, writtenValue } from './register-calls.ts';
import type { Evidence } from './verdict.ts';

/** What is known of the values of one znode, by their JSON text. */
export interface Sightings {
  /** How many writes asked for the value. */
  readonly writers: ReadonlyMap<string, number>;
  /** The version under which a reply showed the value first. */
  readonly versions: ReadonlyMap<string, number>;
  /** Values that some read returned, with a version or without. */
  readonly isSeen: ReadonlySet<string>;
}

/** `calls` of one register, without their path. */
export function sightingsOf(calls: readonly Call[]): Sightings {
  const writers = new Map<string, number>();
  const versions = new Map<string, number>();
  const isSeen = new Set<string>();
  for (const call of calls) {
    if (isWrite(call)) {
      const value = JSON.stringify(writtenValue(call));
      writers.set(value, (writers.get(value) ?? 0) + 1);
      continue;
    }
    if (call.outcome !== 'ok') continue;
    const value = JSON.stringify(heldValue(call));
    isSeen.add(value);
    const version = versionOf(call);
    if (version !== undefined && !versions.has(value)) versions.set(value, version);
  }
  return { writers, versions, isSeen };
}

/** The first contradiction among the claims about one znode, if any. */
export function checkVersionChain(path: string, calls: readonly Call[]): Evidence[] {
  const answered = calls
    .filter((call) => call.outcome === 'ok')
    .sort((a, b) => timeOf(a) - timeOf(b) || (a.completion?.index ?? 0) - (b.completion?.index ?? 0));
  const found =
    findUnwritten(path, answered, calls) ??
    findSharedVersion(path, answered) ??
    findSecondVersion(path, answered, calls);
  return found === null ? [] : [found];
}

/** A reply with a value that no write asked for, or one that was refused for certain. */
function findUnwritten(path: string, answered: readonly Call[], calls: readonly Call[]): Evidence | null {
  const possible = new Set<string>([JSON.stringify(initialValue)]);
  const refused = new Map<string, Call>();
  for (const call of calls) {
    if (!isWrite(call)) continue;
    const value = JSON.stringify(writtenValue(call));
    if (call.outcome === 'fail') refused.set(value, call);
    else possible.add(value);
  }
  const phantom = answered.find((call) => !isWrite(call) && !possible.has(JSON.stringify(heldValue(call))));
  if (phantom === undefined) return null;
  const refusal = refused.get(JSON.stringify(heldValue(phantom)));
  const why =
    refusal === undefined
      ? 'which nobody wrote'
      : `whose ${refusal.f} by process ${refusal.process} failed for certain at ${describeTime(timeOf(refusal))}` +
        (refusal.completion?.error === undefined ? '' : ` (${refusal.completion.error})`);
  return {
    subject: path,
    sentence: `${describe(phantom)}, ${why}`,
    operations: [...(refusal === undefined ? [] : operationsOf(refusal)), ...operationsOf(phantom)],
  };
}

/** Two values for one version, or two writes that were both told they made it. */
function findSharedVersion(path: string, answered: readonly Call[]): Evidence | null {
  const showing = new Map<number, Call>();
  const making = new Map<number, Call>();
  for (const call of answered) {
    const version = versionOf(call);
    if (version === undefined) continue;
    const first = (isWrite(call) ? making.get(version) : undefined) ?? showing.get(version);
    if (first !== undefined && contradict(first, call)) {
      return {
        subject: path,
        sentence: `version ${version} ${isWrite(first) && isWrite(call) ? 'was made twice' : 'has two values'}: ${describe(first)}, ${describe(call)}`,
        operations: [...operationsOf(first), ...operationsOf(call)],
      };
    }
    if (version === initialVersion && JSON.stringify(heldValue(call)) !== JSON.stringify(initialValue)) {
      return {
        subject: path,
        sentence: `${describe(call)}, but version ${initialVersion} is the value ${initialValue} of setup`,
        operations: operationsOf(call),
      };
    }
    if (first === undefined) showing.set(version, call);
    if (isWrite(call)) making.set(version, call);
  }
  return null;
}

function contradict(first: Call, second: Call): boolean {
  if (isWrite(first) && isWrite(second)) return true;
  return JSON.stringify(heldValue(first)) !== JSON.stringify(heldValue(second));
}

/** A value that one write asked for, once, under two versions: the write took effect twice. */
function findSecondVersion(path: string, answered: readonly Call[], calls: readonly Call[]): Evidence | null {
  const { writers } = sightingsOf(calls);
  const showing = new Map<string, Call>();
  for (const call of answered) {
    const version = versionOf(call);
    const value = JSON.stringify(heldValue(call));
    if (version === undefined || writers.get(value) !== 1 || value === JSON.stringify(initialValue)) continue;
    const first = showing.get(value);
    if (first === undefined) {
      showing.set(value, call);
    } else if (versionOf(first) !== version) {
      return {
        subject: path,
        sentence: `one write took effect twice: ${describe(first)}, ${describe(call)}`,
        operations: [...operationsOf(first), ...operationsOf(call)],
      };
    }
  }
  return null;
}

/** `read 4 (version 6) by process 2 at 4.101 s`. */
function describe(call: Call): string {
  const version = versionOf(call);
  const shown = version === undefined ? '' : ` (version ${version})`;
  return `${call.f} ${describeValue(heldValue(call))}${shown} by process ${call.process} at ${describeTime(timeOf(call))}`;
}
