// Acknowledged writes are never lost: after the recovery every server holds each acknowledged element of the
// set, and each register at the highest acknowledged version or above. And what was refused for certain, or
// never asked for, is on no server. A lost reply allows either.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { countOf, describeTime, describeValue, operationsOf, serversOf, timeOf } from './describe.ts';
import type { FinalRead } from './final-reads.ts';
import { finalReadsOf, missingReads } from './final-reads.ts';
import { initialValue } from './models/znode-register.ts';
import {
  isAboutRegisters,
  isAcknowledgedWrite,
  isWrite,
  pathOf,
  registersOf,
  valueOf,
  versionOf,
  writtenValue,
} from './register-calls.ts';
import type { Checker, Evidence } from './verdict.ts';
import { wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;

export const durability: Checker = wholeHistory({
  name: 'durability',
  title: 'acknowledged writes are never lost',
  description: 'every server holds every acknowledged write at the end, and none that certainly failed',
  concerns: ({ f, process }) => process !== 'nemesis' && (isAboutRegisters(f) || f === 'add'),
  check(history, context) {
    const calls = pairOperations(history);
    const reads = finalReadsOf(calls);
    const acknowledged = calls.filter((call) => call.outcome === 'ok' && isMutation(call));
    const covered = acknowledged.filter((call) => (reads.get(pathOf(call.invocation) ?? '')?.size ?? 0) > 0);
    return conclude(durability, {
      history,
      opportunities: covered.length,
      leastOpportunities,
      opportunity: 'acknowledged writes that a final read could show',
      evidence: [...judgeSets(calls, reads), ...judgeRegisters(calls, reads)],
      doubts: [
        ...findVacuity({ asked: calls.some(isMutation), acknowledged, covered }),
        ...missingReads(reads, context.servers),
      ],
    });
  },
});

function isMutation(call: Call): boolean {
  return isWrite(call) || call.f === 'add';
}

function findVacuity(counts: {
  readonly asked: boolean;
  readonly acknowledged: readonly Call[];
  readonly covered: readonly Call[];
}): string[] {
  if (!counts.asked) return [];
  if (counts.acknowledged.length === 0) return ['no write was acknowledged'];
  const unread = counts.acknowledged.length - counts.covered.length;
  return unread === 0 ? [] : [`no final read shows what became of ${countOf(unread, 'acknowledged write')}`];
}

type FinalReads = ReadonlyMap<string, ReadonlyMap<number, FinalRead>>;

function judgeSets(calls: readonly Call[], reads: FinalReads): Evidence[] {
  const adds = Map.groupBy(
    calls.filter((call) => call.f === 'add'),
    (call) => pathOf(call.invocation) ?? '',
  );
  return [...reads].flatMap(([path, byServer]) => {
    const lists = [...byServer.values()].filter((read) => Array.isArray(read.value));
    return lists.length === 0 ? [] : judgeSet(path, adds.get(path) ?? [], lists);
  });
}

function judgeSet(path: string, adds: readonly Call[], reads: readonly FinalRead[]): Evidence[] {
  const held = reads.map((read) => ({ read, elements: new Set((read.value as unknown[]).map(toText)) }));
  const evidence: Evidence[] = [];
  const asked = new Set<string>();
  for (const add of adds) {
    const element = toText(valueOf(add.invocation));
    asked.add(element);
    const having = held.filter(({ elements }) => elements.has(element)).map(({ read }) => read);
    const lacking = held.filter(({ elements }) => !elements.has(element)).map(({ read }) => read);
    if (add.outcome === 'ok' && lacking.length > 0) {
      evidence.push({
        subject: path,
        sentence: `element ${element}, whose add by process ${add.process} was acknowledged at ${describeTime(timeOf(add))}, is missing on ${serversOf(sidsOf(lacking))}`,
        operations: [...operationsOf(add), ...lacking.map(({ operation }) => operation)],
        details: { serversWith: sidsOf(having), serversWithout: sidsOf(lacking) },
      });
    }
    if (add.outcome === 'fail' && having.length > 0) {
      evidence.push({
        subject: path,
        sentence: `element ${element}, whose add by process ${add.process} failed for certain at ${describeTime(timeOf(add))}, is on ${serversOf(sidsOf(having))}`,
        operations: [...operationsOf(add), ...having.map(({ operation }) => operation)],
        details: { serversWith: sidsOf(having), serversWithout: sidsOf(lacking) },
      });
    }
  }
  for (const { read, elements } of held) {
    const phantom = [...elements].find((element) => !asked.has(element));
    if (phantom === undefined) continue;
    evidence.push({
      subject: path,
      sentence: `element ${phantom}, which nobody added, is on ${serversOf([read.server])}`,
      operations: [read.operation],
    });
  }
  return evidence;
}

function judgeRegisters(calls: readonly Call[], reads: FinalReads): Evidence[] {
  return [...registersOf(calls)].flatMap(([path, all]) =>
    [...(reads.get(path)?.values() ?? [])]
      // A set whose final read from one server got no answer looks like a register there.
      .filter(({ value }) => !Array.isArray(value))
      .flatMap((read) => judgeRegister(all, read)),
  );
}

/** `calls` without their path. At most one finding for a server: the first is what the rest follows from. */
function judgeRegister(calls: readonly Call[], read: FinalRead): Evidence[] {
  const found = findLost(calls, read) ?? findPhantom(calls, read);
  return found === null ? [] : [found];
}

/** As a version: the server answered that there is no such znode. Setup was acknowledged, so it was there. */
const absentVersion = -1;

function findLost(calls: readonly Call[], read: FinalRead): Evidence | null {
  const finalVersion = read.version;
  if (finalVersion === null) return null;
  const acknowledged = calls.filter(isAcknowledgedWrite);
  const lost = acknowledged.find((call) => {
    const version = versionOf(call);
    if (version === undefined) return false;
    return (
      version > finalVersion ||
      (version === finalVersion && toText(writtenValue(call)) !== toText(read.value))
    );
  });
  if (lost !== undefined) {
    return {
      subject: read.path,
      sentence:
        `${lost.f} ${describeValue(writtenValue(lost))} by process ${lost.process} was acknowledged at ${describeTime(timeOf(lost))} ` +
        `with version ${versionOf(lost)}, but ${endOf(read)}`,
      operations: [...operationsOf(lost), read.operation],
    };
  }
  if (finalVersion === absentVersion) {
    return {
      subject: read.path,
      sentence: `${endOf(read)}, although setup made it`,
      operations: [read.operation],
    };
  }
  if (acknowledged.length <= finalVersion) return null;
  return {
    subject: read.path,
    sentence: `${countOf(acknowledged.length, 'write')} were acknowledged, but ${serversOf([read.server])} ends at version ${finalVersion}`,
    operations: [...acknowledged.slice(-1).flatMap(operationsOf), read.operation],
  };
}

/** `server 2 ends with 4 at version 7`. */
function endOf({ server, value, version }: FinalRead): string {
  const where = serversOf([server]);
  return version === absentVersion
    ? `${where} has no such znode`
    : `${where} ends with ${describeValue(value)} at version ${version}`;
}

function findPhantom(calls: readonly Call[], read: FinalRead): Evidence | null {
  const value = toText(read.value);
  const writes = calls.filter((call) => isWrite(call) && toText(writtenValue(call)) === value);
  if (value === toText(initialValue) || writes.some((call) => call.outcome !== 'fail')) return null;
  const refused = writes.at(-1);
  const why =
    refused === undefined
      ? 'which nobody wrote'
      : `whose ${refused.f} by process ${refused.process} failed for certain at ${describeTime(timeOf(refused))}`;
  return {
    subject: read.path,
    sentence: `${serversOf([read.server])} ends with ${describeValue(read.value)}, ${why}`,
    operations: [...(refused === undefined ? [] : operationsOf(refused)), read.operation],
  };
}

function sidsOf(reads: readonly FinalRead[]): number[] {
  return reads.map(({ server }) => server);
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
