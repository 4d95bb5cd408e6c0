// Multis happen as a whole or not at all: a read of several znodes at one moment never shows a part of a multi,
// what a multi wrote stays together on every server, and one that failed has left nothing. Each znode says which
// multi wrote it and which versions that one made, so a read is judged by itself; the history adds which multis
// were refused, acknowledged, or never asked for.

import type { Call } from '../harness/history/pairing.ts';
import { pairOperations } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { countOf, describeTime, describeZxid, listOf, operationsOf, timeOf } from './describe.ts';
import { isAboutMultis, isFinal, MultiCalls, numberOf } from './multi-calls.ts';
import type { BoxRead, GroupRead, GroupWrite, SeenZnode } from './multi-calls.ts';
import type { Checker, Evidence } from './verdict.ts';
import { wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;
const accounts = '/multi/accounts';
const box = '/multi/box';
/** What every account starts with. */
const firstBalance = 100;

export const multiAtomicity: Checker = wholeHistory({
  name: 'multi-atomicity',
  title: 'multis happen as a whole or not at all',
  description: 'no read shows a part of a multi, and one that failed leaves nothing',
  concerns: ({ f, process }) => process !== 'nemesis' && isAboutMultis(f),
  check(history) {
    const calls = new MultiCalls(pairOperations(history));
    // The first stamps are of setup; from the second write on, a read could show a part.
    const telling = calls.groupReads.filter(({ znodes }) =>
      Object.values(znodes).some((znode) => znode !== null && znode.by > 0),
    );
    return conclude(multiAtomicity, {
      history,
      opportunities: telling.length + calls.boxReads.length,
      leastOpportunities,
      opportunity: 'reads of several znodes that multis wrote',
      evidence: [
        ...firstOfEach(calls.groupReads.flatMap((read) => judgeGroupRead(read, calls))),
        ...firstOfEach(calls.boxReads.flatMap((read) => judgeBoxRead(read, calls))),
        ...calls.groupWrites.flatMap(judgeWrite),
        ...judgeBroken(calls),
        ...findTwoMakers(calls),
        ...judgeFinalReads(calls),
        ...judgeFinalBoxes(calls),
      ],
      doubts: [],
    });
  },
});

/** Half of a multi stays in sight until the next one: of what reads saw of one group the first says it all. */
function firstOfEach(evidence: readonly Evidence[]): Evidence[] {
  const bySubject = Map.groupBy(evidence, ({ subject }) => subject);
  return [...bySubject.values()].flatMap((items) => items.slice(0, 1));
}

/** The first thing that is wrong with what was read, if anything: the rest follows from it. */
function judgeGroupRead(read: GroupRead, calls: MultiCalls): Evidence[] {
  const sentence = findStranger(read, calls) ?? findPart(read) ?? findWrongSum(read);
  if (sentence === null) return [];
  const makers = Object.values(read.znodes).flatMap((znode) => {
    const maker = znode === null ? undefined : calls.askedBy.get(znode.by);
    return maker === undefined ? [] : operationsOf(maker);
  });
  return [
    { subject: read.scope, sentence, operations: [...new Set([...makers, ...operationsOf(read.call)])] },
  ];
}

/** A stamp of a multi that was refused, that had to fail, or that nobody asked for. */
function findStranger({ call, znodes }: GroupRead, { askedBy }: MultiCalls): string | null {
  for (const [member, znode] of Object.entries(znodes)) {
    if (znode === null || znode.by === 0) continue;
    const maker = askedBy.get(znode.by);
    const where = `${whereOf(call)} shows in ${member} what multi ${znode.by}`;
    if (maker === undefined) return `${where} wrote, which nobody asked for`;
    if (maker.outcome === 'fail') {
      return `${where} of process ${maker.process} wrote, which failed for certain at ${timeText(maker)}`;
    }
    if (maker.f === 'broken-multi') {
      return `${where} of process ${maker.process} wrote, one of whose operations cannot succeed`;
    }
  }
  return null;
}

function findPart({ call, znodes }: GroupRead): string | null {
  for (const [member, znode] of Object.entries(znodes)) {
    if (znode === null) {
      if (isFinal(call)) return `${whereOf(call)} has no ${member}, although setup made it`;
      continue;
    }
    for (const [other, version] of Object.entries(znode.at)) {
      const seen = znodes[other];
      if (seen === null || seen === undefined) continue;
      const fault = findApart(znode, seen, { member, other, version });
      if (fault !== null) return `${whereOf(call)} shows a part of multi ${znode.by}: ${fault}`;
    }
  }
  return null;
}

/** `znode` says that its multi made `version` of `other`: what was seen there at the same moment must fit. */
function findApart(
  znode: SeenZnode,
  seen: SeenZnode,
  { member, other, version }: { readonly member: string; readonly other: string; readonly version: number },
): string | null {
  if (seen.version < version) {
    return `${member} has it at version ${znode.version}, ${other} is still at version ${seen.version}, and it made version ${version} of ${other}`;
  }
  if (seen.version > version) return null;
  if (seen.by !== znode.by) {
    return `version ${version} of ${other} is its own, but holds what multi ${seen.by} wrote`;
  }
  if (seen.mzxid === znode.mzxid) return null;
  return `${member} was changed by zxid ${describeZxid(znode.mzxid)}, ${other} by ${describeZxid(seen.mzxid)}`;
}

/** Transfers move money and make none. */
function findWrongSum({ call, scope, znodes }: GroupRead): string | null {
  const seen = Object.values(znodes);
  if (scope !== accounts || seen.includes(null)) return null;
  const sum = seen.reduce((total, znode) => total + (znode?.balance ?? 0), 0);
  const expected = seen.length * firstBalance;
  return sum === expected ? null : `${whereOf(call)} shows ${sum} in all accounts; there are ${expected}`;
}

/** One token is in the box at any moment, and none comes of a multi that failed. */
function judgeBoxRead({ call, seen }: BoxRead, { askedBy }: MultiCalls): Evidence[] {
  if (seen === null) {
    if (!isFinal(call)) return [];
    const sentence = `${whereOf(call)} has no box, although setup made it`;
    return [{ subject: box, sentence, operations: operationsOf(call) }];
  }
  for (const token of seen.tokens) {
    const by = Number(/^(?:token|ghost)(\d+)$/.exec(token)?.[1] ?? 'NaN');
    const maker = askedBy.get(by);
    if (token === 'token0' || (maker !== undefined && maker.outcome !== 'fail' && token === `token${by}`)) {
      continue;
    }
    const why = maker === undefined ? 'which nobody asked for' : 'which can only come of a multi that failed';
    return [
      {
        subject: box,
        sentence: `${whereOf(call)} shows ${token}, ${why}`,
        operations: [...(maker === undefined ? [] : operationsOf(maker)), ...operationsOf(call)],
      },
    ];
  }
  if (seen.tokens.length === 1) return [];
  const held = seen.tokens.length === 0 ? 'no token' : listOf(seen.tokens);
  const sentence = `${whereOf(call)} shows ${held} in the box: a multi puts one token in and takes another out`;
  return [{ subject: box, sentence, operations: operationsOf(call) }];
}

/** The versions that a multi was told must be those behind the ones that it expected, all made by its one zxid. */
function judgeWrite({ call, scope, by, at, made }: GroupWrite): Evidence[] {
  for (const [member, expected] of Object.entries(at)) {
    const result = made[member];
    if (result === undefined) continue;
    const zxid = call.completion?.zxid;
    const fault =
      result.version !== expected
        ? `made version ${result.version} of ${member} on condition of version ${expected - 1}`
        : zxid !== undefined && result.mzxid !== zxid
          ? `was answered with zxid ${describeZxid(zxid)}, and ${member} with ${describeZxid(result.mzxid)}`
          : null;
    if (fault === null) continue;
    const sentence = `multi ${by} of process ${call.process}, acknowledged at ${timeText(call)}, ${fault}`;
    return [{ subject: scope, sentence, operations: operationsOf(call) }];
  }
  return [];
}

function judgeBroken({ broken }: MultiCalls): Evidence[] {
  const acknowledged = broken.find(({ outcome }) => outcome === 'ok');
  if (acknowledged === undefined) return [];
  const sentence = `multi ${numberOf(acknowledged)} of process ${acknowledged.process} was acknowledged at ${timeText(acknowledged)}, although one of its operations cannot succeed`;
  return [{ subject: '/multi', sentence, operations: operationsOf(acknowledged) }];
}

/** A version is made once: of two multis that expect the same one, the second is refused. */
function findTwoMakers({ groupWrites }: MultiCalls): Evidence[] {
  const makers = new Map<string, GroupWrite>();
  for (const write of groupWrites) {
    for (const [member, version] of Object.entries(write.at)) {
      const key = `${write.scope} ${member} ${version}`;
      const other = makers.get(key);
      if (other !== undefined) {
        const sentence = `multi ${other.by} of process ${other.call.process} and multi ${write.by} of process ${write.call.process} were both acknowledged, and both made version ${version} of ${member}`;
        const operations = [...operationsOf(other.call), ...operationsOf(write.call)];
        return [{ subject: write.scope, sentence, operations }];
      }
      makers.set(key, write);
    }
  }
  return [];
}

/** What was acknowledged is on every server at the end. */
function judgeFinalReads({ groupReads, groupWrites }: MultiCalls): Evidence[] {
  const latest = new Map<string, GroupWrite>();
  for (const write of groupWrites) {
    for (const [member, version] of Object.entries(write.at)) {
      const key = `${write.scope} ${member}`;
      const other = latest.get(key);
      if (other === undefined || (other.at[member] ?? 0) < version) latest.set(key, write);
    }
  }
  return groupReads.flatMap(({ call, scope, znodes }): Evidence[] => {
    if (!isFinal(call)) return [];
    for (const [member, znode] of Object.entries(znodes)) {
      const write = latest.get(`${scope} ${member}`);
      const version = write?.at[member];
      if (znode === null || write === undefined || version === undefined) continue;
      if (znode.version > version || (znode.version === version && znode.by === write.by)) continue;
      const sentence = `${whereOf(call)} ends with version ${znode.version} of ${member} by multi ${znode.by}; multi ${write.by} was acknowledged at ${timeText(write.call)} with version ${version}`;
      const operations = [...operationsOf(write.call), ...operationsOf(call)];
      return [{ subject: scope, sentence, operations }];
    }
    return [];
  });
}

/**
 * The box counts what was ever created in it, and says so in its cversion: creates and deletes together. Every swap
 * is one of each, so with one token inside the count is twice the creates less one.
 */
function judgeFinalBoxes({ boxReads, swaps }: MultiCalls): Evidence[] {
  const least = swaps.filter(({ outcome }) => outcome === 'ok').length;
  const most = least + swaps.filter(({ outcome }) => outcome === 'info').length;
  const wrong = boxReads.find(({ call, seen }) => {
    if (!isFinal(call) || seen?.tokens.length !== 1) return false;
    const swapCount = (seen.cversion - 1) / 2;
    return swapCount < least || swapCount > most;
  });
  if (wrong === undefined) return [];
  const counted = `${countOf(least, 'swap')} acknowledged, ${countOf(most - least, 'swap')} in doubt`;
  const sentence = `${whereOf(wrong.call)} ends with cversion ${wrong.seen?.cversion} of the box, which starts with 1 and rises by 2 with every swap: ${counted}`;
  return [{ subject: box, sentence, operations: operationsOf(wrong.call) }];
}

/** `the read by process 3 of server 2 at 1.250 s`. */
function whereOf(call: Call): string {
  const server = call.completion?.server;
  return `the read by process ${call.process}${server === undefined ? '' : ` of server ${server}`} at ${timeText(call)}`;
}

function timeText(call: Call): string {
  return describeTime(timeOf(call));
}
