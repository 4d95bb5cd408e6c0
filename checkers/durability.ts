// Acknowledged writes are never lost: after the recovery every server holds each acknowledged element of the
// set, and each register at the highest acknowledged version or above. And what was refused for certain, or
// never asked for, is on no server. A lost reply allows either.

import type { Operation } from '../harness/history/operation.ts';
import { makeCall } from '../harness/history/pairing.ts';
import type { Call } from '../harness/history/pairing.ts';
import { conclude } from './conclude.ts';
import { countOf, describeTime, describeValue, operationsOf, serversOf, timeOf } from './describe.ts';
import type { FinalRead } from './final-reads.ts';
import { finalReadsOf, missingReads } from './final-reads.ts';
import { initialValue } from './models/znode-register.ts';
import {
  isAboutRegisters,
  isWrite,
  pathOf,
  valueAsked,
  valueOf,
  versionAsked,
  versionOf,
  withoutPath,
  writtenValue,
} from './register-calls.ts';
import type { CheckContext, Checker, Evidence, GuaranteeResult, HistoryEnd, Judge } from './verdict.ts';
import { streamed } from './whole-history.ts';
import { WrittenValues } from './written-values.ts';

const leastOpportunities = 10;
/** Findings of one kind in one set: one tells of them all, but how many there are says how bad it is. */
const mostFindings = 1000;

export const durability: Checker = streamed({
  name: 'durability',
  title: 'acknowledged writes are never lost',
  description: 'every server holds every acknowledged write at the end, and none that certainly failed',
  begin: (context) => new DurabilityJudge(context),
});

type FinalReads = ReadonlyMap<string, ReadonlyMap<number, FinalRead>>;

/** What is wrong, told when the calls of its entries are at hand. */
interface Finding {
  readonly entries: readonly number[];
  readonly tell: (calls: readonly Call[]) => Evidence;
}

class DurabilityJudge implements Judge {
  readonly #context: CheckContext;
  /** By path. */
  readonly #registers = new Map<string, WrittenValues>();
  readonly #sets = new Map<string, WrittenValues>();
  readonly #finals: Call[] = [];

  constructor(context: CheckContext) {
    this.#context = context;
  }

  concerns({ f, process }: Pick<Operation, 'f' | 'process'>): boolean {
    return process !== 'nemesis' && (isAboutRegisters(f) || f === 'add');
  }

  take(operation: Operation, invocation: Operation | null): void {
    if (invocation !== null) this.#end(makeCall(invocation, operation));
  }

  conclude({ open, callsAt }: HistoryEnd): GuaranteeResult {
    for (const invocation of open) this.#end(makeCall(invocation, null));
    const reads = finalReadsOf(this.#finals);
    const all = [...this.#registers, ...this.#sets];
    const acknowledged = sumOf(all.map(([, written]) => written.acknowledged));
    const covered = sumOf(
      all.map(([path, written]) => ((reads.get(path)?.size ?? 0) > 0 ? written.acknowledged : 0)),
    );
    return conclude(durability, {
      history: [],
      opportunities: covered,
      leastOpportunities,
      opportunity: 'acknowledged writes that a final read could show',
      evidence: tellAll(
        [...judgeSets(this.#sets, reads), ...judgeRegisters(this.#registers, reads)],
        callsAt,
      ),
      doubts: [
        ...findVacuity({ isAsked: all.length > 0, acknowledged, covered }),
        ...missingReads(reads, this.#context.servers),
      ],
    });
  }

  #end(call: Call): void {
    const path = pathOf(call.invocation);
    if (call.f === 'final-read') this.#finals.push(call);
    if (path === null || !isMutation(call)) return;
    const written = this.#writtenTo(path, call);
    const { f, outcome, invocation, completion } = call;
    const asked = valueOf(invocation);
    const version =
      outcome === 'ok' ? (completion?.version ?? versionAsked(f, asked) ?? undefined) : undefined;
    written.add({
      outcome,
      value: valueAsked(f, asked),
      version: f === 'add' ? undefined : version,
      entry: invocation.index,
    });
  }

  #writtenTo(path: string, { f }: Call): WrittenValues {
    const paths = f === 'add' ? this.#sets : this.#registers;
    let written = paths.get(path);
    if (written === undefined) {
      written = new WrittenValues();
      paths.set(path, written);
    }
    return written;
  }
}

function isMutation(call: Call): boolean {
  return isWrite(call) || call.f === 'add';
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** One more pass over the history for all of them, if there are any. */
function tellAll(findings: readonly Finding[], callsAt: HistoryEnd['callsAt']): Evidence[] {
  const entries = findings.flatMap((finding) => finding.entries);
  const calls = entries.length === 0 ? [] : callsAt(entries);
  const byEntry = new Map(calls.map((call) => [call.invocation.index, call]));
  return findings.map(({ entries: own, tell }) => tell(own.flatMap((entry) => byEntry.get(entry) ?? [])));
}

function findVacuity(counts: {
  readonly isAsked: boolean;
  readonly acknowledged: number;
  readonly covered: number;
}): string[] {
  if (!counts.isAsked) return [];
  if (counts.acknowledged === 0) return ['no write was acknowledged'];
  const unread = counts.acknowledged - counts.covered;
  return unread === 0 ? [] : [`no final read shows what became of ${countOf(unread, 'acknowledged write')}`];
}

function judgeSets(sets: ReadonlyMap<string, WrittenValues>, reads: FinalReads): Finding[] {
  return [...reads].flatMap(([path, byServer]) => {
    const lists = [...byServer.values()].filter((read) => Array.isArray(read.value));
    return lists.length === 0 ? [] : judgeSet(path, sets.get(path) ?? new WrittenValues(), lists);
  });
}

interface Held {
  readonly read: FinalRead;
  /** By code. */
  readonly elements: ReadonlyMap<number, unknown>;
}

function judgeSet(path: string, added: WrittenValues, reads: readonly FinalRead[]): Finding[] {
  const held = reads.map((read) => ({
    read,
    elements: new Map((read.value as readonly unknown[]).map((element) => [added.codeOf(element), element])),
  }));
  const isMissing = (code: number): boolean => held.some(({ elements }) => !elements.has(code));
  const isThere = (code: number): boolean => held.some(({ elements }) => elements.has(code));
  const lost = added.select('ok', isMissing, mostFindings);
  const risen = added.select('fail', isThere, mostFindings);
  const asked = added.codes();
  return [
    ...lost.map(({ code, entry }) => tellOfElement({ path, entry, held: split(held, code) })),
    ...risen.map(({ code, entry }) => tellOfElement({ path, entry, held: split(held, code) })),
    ...held.flatMap(({ read, elements }) => {
      const phantom = [...elements].find(([code]) => !asked.has(code));
      return phantom === undefined ? [] : [tellOfPhantom(read, phantom[1])];
    }),
  ];
}

interface Holders {
  readonly having: readonly FinalRead[];
  readonly lacking: readonly FinalRead[];
}

function split(held: readonly Held[], code: number): Holders {
  const having = held.filter(({ elements }) => elements.has(code)).map(({ read }) => read);
  const lacking = held.filter(({ elements }) => !elements.has(code)).map(({ read }) => read);
  return { having, lacking };
}

/** An acknowledged element that is missing somewhere, or a refused one that is somewhere. */
function tellOfElement(given: {
  readonly path: string;
  readonly entry: number;
  readonly held: Holders;
}): Finding {
  const { path, entry, held } = given;
  const { having, lacking } = held;
  return {
    entries: [entry],
    tell([add]) {
      const isLost = add?.outcome === 'ok';
      const where = isLost ? lacking : having;
      const fate = isLost
        ? `was acknowledged at ${timeOfCall(add)}, is missing on`
        : `failed for certain at ${timeOfCall(add)}, is on`;
      return {
        subject: path,
        sentence: `element ${toText(valueOfCall(add))}, whose add by process ${add?.process} ${fate} ${serversOf(sidsOf(where))}`,
        operations: [
          ...(add === undefined ? [] : operationsOf(add)),
          ...where.map(({ operation }) => operation),
        ],
        details: { serversWith: sidsOf(having), serversWithout: sidsOf(lacking) },
      };
    },
  };
}

function tellOfPhantom(read: FinalRead, element: unknown): Finding {
  return {
    entries: [],
    tell: () => ({
      subject: read.path,
      sentence: `element ${toText(element)}, which nobody added, is on ${serversOf([read.server])}`,
      operations: [read.operation],
    }),
  };
}

function judgeRegisters(registers: ReadonlyMap<string, WrittenValues>, reads: FinalReads): Finding[] {
  return [...reads].flatMap(([path, byServer]) => {
    const written = registers.get(path);
    return [...byServer.values()]
      .filter(({ value }) => !Array.isArray(value))
      .flatMap((read) => judgeRegister(written ?? new WrittenValues(), read));
  });
}

/** At most one finding for a server: the first is what the rest follows from. */
function judgeRegister(written: WrittenValues, read: FinalRead): Finding[] {
  const found = findLost(written, read) ?? findPhantom(written, read);
  return found === null ? [] : [found];
}

/** As a version: the server answered that there is no such znode. Setup was acknowledged, so it was there. */
const absentVersion = -1;

function findLost(written: WrittenValues, read: FinalRead): Finding | null {
  const { version, value } = read;
  if (version === null) return null;
  const lost = written.findLost({ value, version });
  if (lost !== null) {
    return tellOfRegister(read, lost, ([call]) => {
      if (call === undefined) return endOf(read);
      const own = withoutPath(call);
      return (
        `${call.f} ${describeValue(writtenValue(own))} by process ${call.process} was acknowledged at ${timeOfCall(call)} ` +
        `with version ${versionOf(own)}, but ${endOf(read)}`
      );
    });
  }
  if (version === absentVersion) {
    return tellOfRegister(read, null, () => `${endOf(read)}, although setup made it`);
  }
  const { acknowledged, lastAcknowledged } = written;
  if (acknowledged <= version) return null;
  const sentence = `${countOf(acknowledged, 'write')} were acknowledged, but ${serversOf([read.server])} ends at version ${version}`;
  return tellOfRegister(read, lastAcknowledged, () => sentence);
}

function findPhantom(written: WrittenValues, read: FinalRead): Finding | null {
  if (toText(read.value) === toText(initialValue)) return null;
  const { isPossible, refused } = written.originOf(read.value);
  if (isPossible) return null;
  return tellOfRegister(read, refused, ([call]) => {
    const why =
      call === undefined
        ? 'which nobody wrote'
        : `whose ${call.f} by process ${call.process} failed for certain at ${timeOfCall(call)}`;
    return `${serversOf([read.server])} ends with ${describeValue(read.value)}, ${why}`;
  });
}

function tellOfRegister(
  read: FinalRead,
  entry: number | null,
  sentenceOf: (calls: readonly Call[]) => string,
): Finding {
  return {
    entries: entry === null ? [] : [entry],
    tell: (calls) => ({
      subject: read.path,
      sentence: sentenceOf(calls),
      operations: [...calls.flatMap(operationsOf), read.operation],
    }),
  };
}

/** `server 2 ends with 4 at version 7`. */
function endOf({ server, value, version }: FinalRead): string {
  const where = serversOf([server]);
  return version === absentVersion
    ? `${where} has no such znode`
    : `${where} ends with ${describeValue(value)} at version ${version}`;
}

function timeOfCall(call: Call | undefined): string {
  return call === undefined ? 'an unknown time' : describeTime(timeOf(call));
}

function valueOfCall(call: Call | undefined): unknown {
  return call === undefined ? null : valueOf(call.invocation);
}

function sidsOf(reads: readonly FinalRead[]): number[] {
  return reads.map(({ server }) => server);
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}
