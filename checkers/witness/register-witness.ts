// What the replies about one znode claim, version by version: its value, the zxid of the write that made it, and
// between which zxids it was read. Where every acknowledged call told its version, these claims are all that has to
// be checked: two calls are in the wrong order exactly when the one that ended first knows the later version, so
// no search is needed. About eighty bytes a version, nothing for a read.

import type { Operation, Process } from '../../harness/history/operation.ts';
import type { CommittedWrite } from '../../harness/history/committed-write.ts';
import { Column } from './columns.ts';
import { HighWater } from './high-water.ts';
import type { Mark } from './high-water.ts';
import { findMakerless } from './lost-writes.ts';
import type { LostWrite, Orphan } from './lost-writes.ts';
import { differingField, statPlaces } from './stat-facts.ts';
import type { RecordedStat } from './stat-facts.ts';

/** One answered call, taken apart. */
export interface Claim {
  readonly isWrite: boolean;
  /** It must have a place in the order: a write, or a read behind a barrier. */
  readonly isStrict: boolean;
  readonly version: number;
  /** Of a conditional write: the version that it can make; null: any. */
  readonly only: number | null;
  /** Code of the value. */
  readonly value: number;
  /** Length of the value in the znode; null: not known. */
  readonly bytes: number | null;
  /** 0: none. */
  readonly zxid: number;
  /** The zxid of a read is the state that it shows, and not only a bound of it. */
  readonly isExact: boolean;
  readonly stat: RecordedStat | null;
  readonly completion: Operation;
}

/** What is wrong, and the entries that show it, the offending one last. */
export type Flaw =
  | { readonly type: OrderFlaw; readonly entries: readonly number[]; readonly version: number }
  | { readonly type: 'stat'; readonly entries: readonly number[]; readonly field: number }
  | { readonly type: 'log'; readonly entries: readonly number[]; readonly committed: CommittedWrite };

type OrderFlaw =
  | 'stale'
  | 'two values'
  | 'made twice'
  | 'other version'
  | 'no maker'
  | 'two zxids'
  | 'zxids fall'
  | 'read behind'
  | 'read ahead';

/** By as much a version may be ahead of the writes that the history has shown so far. */
const mostAhead = 100_000;

export class RegisterWitness {
  /** Of writes whose reply came without a version; the claims do not order them. */
  hasUnordered = false;
  #flaw: Flaw | null = null;
  #writesAsked = 0;
  readonly #values = new Column();
  readonly #zxids = new Column();
  readonly #mtimes = new Column();
  readonly #makers = new Column(-1);
  /** The first entry that showed the version. */
  readonly #shown = new Column(-1);
  readonly #lastRead = { zxids: new Column(-1), entries: new Column(-1) };
  readonly #firstRead = { zxids: new Column(Infinity), entries: new Column(-1) };
  readonly #strict: HighWater;
  /** What the open call of a process must be above. */
  readonly #floors = new Map<Process, Mark>();
  readonly #lost: LostWrite[] = [];
  #stat: { readonly stat: RecordedStat; readonly index: number } | null = null;

  /** Setup made version 0 with this value. */
  constructor(initialValue: number) {
    this.#values.set(0, initialValue);
    this.#strict = new HighWater(0);
  }

  begin(invocation: Operation, isWrite: boolean): void {
    if (isWrite) this.#writesAsked++;
    this.#floors.set(invocation.process, this.#strict.before(invocation.time));
  }

  /** A call that certainly did nothing, or answered nothing. */
  forget(invocation: Operation): void {
    this.#floors.delete(invocation.process);
  }

  /** A write whose reply was lost, or never came. */
  lose(invocation: Operation, value: number, only: number | null): void {
    const above = this.#floors.get(invocation.process)?.value ?? 0;
    this.#floors.delete(invocation.process);
    this.#lost.push({ value, above, only, index: invocation.index });
  }

  claim(invocation: Operation, claim: Claim): void {
    const floor = this.#floors.get(invocation.process) ?? { value: 0, index: -1 };
    this.#floors.delete(invocation.process);
    if (this.#flaw !== null || claim.version < 0) return;
    this.#flaw =
      this.#findWrongOrder(claim, floor) ??
      this.#findWrongValue(claim) ??
      this.#findWrongStat(claim) ??
      this.#findSecondZxid(claim);
    if (this.#flaw === null) this.#remember(claim);
  }

  /** What the transaction logs tell of a version; `value` is the code of its value. */
  confirm(committed: CommittedWrite, value: number): void {
    const { version, zxid, mtime } = committed;
    if (this.#flaw !== null || version < 0) return;
    const isRefuted =
      !agree(this.#values.get(version), value) ||
      !agree(this.#zxids.get(version), zxid) ||
      !agree(this.#mtimes.get(version), mtime);
    if (isRefuted) {
      this.#flaw = { type: 'log', committed, entries: this.#entriesOf(version) };
      return;
    }
    this.#values.set(version, value);
    this.#zxids.set(version, zxid);
    this.#mtimes.set(version, mtime);
  }

  /** The first contradiction that was found, and only then those that need the whole to be seen. */
  judge(): Flaw | null {
    return this.#flaw ?? this.#findMakerless() ?? this.#findWrongZxid();
  }

  #findWrongOrder({ isStrict, isWrite, version, completion }: Claim, floor: Mark): Flaw | null {
    // What is somewhat too high is found in the end; this keeps a wild claim from filling the memory.
    if (version > this.#writesAsked + mostAhead) {
      return { type: 'no maker', version, entries: [completion.index] };
    }
    if (!isStrict || version > floor.value || (version === floor.value && !isWrite)) return null;
    const known = floor.index < 0 ? [] : [floor.index];
    return { type: 'stale', version, entries: [...known, completion.index] };
  }

  #findWrongValue({ isWrite, version, only, value, completion }: Claim): Flaw | null {
    if (only !== null && only !== version) {
      return { type: 'other version', version: only, entries: [completion.index] };
    }
    const maker = this.#makers.get(version);
    if (isWrite && maker >= 0) return { type: 'made twice', version, entries: [maker, completion.index] };
    const known = this.#values.get(version);
    if (Number.isNaN(known) || known === value) return null;
    const shown = this.#shown.get(version);
    return { type: 'two values', version, entries: [...(shown < 0 ? [] : [shown]), completion.index] };
  }

  #findWrongStat({ isWrite, version, zxid, bytes, stat, completion }: Claim): Flaw | null {
    if (stat === null) return null;
    const { index } = completion;
    const alone = (field: number): Flaw => ({ type: 'stat', field, entries: [index] });
    if (stat[statPlaces.version] !== version) return alone(statPlaces.version);
    if (bytes !== null && stat[statPlaces.dataLength] !== bytes) return alone(statPlaces.dataLength);
    if (isWrite && zxid > 0 && stat[statPlaces.mzxid] !== zxid) return alone(statPlaces.mzxid);
    if (version === 0 && stat[statPlaces.mzxid] !== stat[statPlaces.czxid]) return alone(statPlaces.mzxid);
    this.#stat ??= { stat, index };
    const changed = differingField(this.#stat.stat, stat);
    if (changed !== null) return { type: 'stat', field: changed, entries: [this.#stat.index, index] };
    const mtime = this.#mtimes.get(version);
    if (Number.isNaN(mtime) || mtime === stat[statPlaces.mtime]) return null;
    return { type: 'stat', field: statPlaces.mtime, entries: [this.#shown.get(version), index] };
  }

  #findSecondZxid(claim: Claim): Flaw | null {
    const { version, completion } = claim;
    const known = this.#zxids.get(version);
    const made = madeBy(claim);
    if (made === undefined || Number.isNaN(known) || known === made) return null;
    return { type: 'two zxids', version, entries: [...this.#entriesOf(version), completion.index] };
  }

  #remember(claim: Claim): void {
    const { isWrite, isStrict, isExact, version, value, zxid, stat, completion } = claim;
    const { index, time } = completion;
    this.#values.set(version, value);
    if (this.#shown.get(version) < 0) this.#shown.set(version, index);
    if (isWrite) this.#makers.set(version, index);
    const made = madeBy(claim);
    if (made !== undefined) this.#zxids.set(version, made);
    const mtime = stat?.[statPlaces.mtime];
    if (mtime !== undefined) this.#mtimes.set(version, mtime);
    if (isStrict) this.#strict.raise(time, version, index);
    if (isWrite || zxid <= 0) return;
    if (zxid > this.#lastRead.zxids.get(version)) {
      this.#lastRead.zxids.set(version, zxid);
      this.#lastRead.entries.set(version, index);
    }
    if (isExact && zxid < this.#firstRead.zxids.get(version)) {
      this.#firstRead.zxids.set(version, zxid);
      this.#firstRead.entries.set(version, index);
    }
  }

  /** The first entry that showed this version or a later one. */
  #witnessOf(version: number): readonly number[] {
    for (let later = version; later < this.#shown.length; later++) {
      if (this.#shown.get(later) >= 0) return [this.#shown.get(later)];
    }
    return [];
  }

  #findMakerless(): Flaw | null {
    if (this.hasUnordered) return null;
    const orphans: Orphan[] = [];
    for (let version = 1; version < this.#values.length; version++) {
      if (this.#makers.get(version) < 0) orphans.push({ version, value: this.#values.get(version) });
    }
    const version = findMakerless(orphans, this.#lost);
    return version === null ? null : { type: 'no maker', version, entries: this.#witnessOf(version) };
  }

  /** Zxids rise with the versions, and a read shows no version at a zxid that is not the version's. */
  #findWrongZxid(): Flaw | null {
    let made = { zxid: 0, version: -1 };
    let read = { zxid: -1, version: -1 };
    for (let version = 0; version < this.#values.length; version++) {
      const zxid = this.#zxids.get(version);
      if (!Number.isNaN(zxid)) {
        if (zxid <= made.zxid) {
          return { type: 'zxids fall', version, entries: this.#entriesOf(made.version, version) };
        }
        if (read.zxid >= zxid) {
          const entries = [...this.#entriesOf(version), this.#lastRead.entries.get(read.version)];
          return { type: 'read behind', version: read.version, entries };
        }
        made = { zxid, version };
      }
      if (this.#firstRead.zxids.get(version) < made.zxid) {
        const entries = [...this.#entriesOf(made.version), this.#firstRead.entries.get(version)];
        return { type: 'read ahead', version, entries };
      }
      const last = this.#lastRead.zxids.get(version);
      if (last > read.zxid) read = { zxid: last, version };
    }
    return null;
  }

  #entriesOf(...versions: readonly number[]): number[] {
    return versions
      .map((version) => (this.#makers.get(version) >= 0 ? this.#makers : this.#shown).get(version))
      .filter((entry) => entry >= 0);
  }
}

/** One of them may be unknown. */
function agree(known: number, told: number): boolean {
  return Number.isNaN(known) || known === told;
}

/** The zxid of the write that made the version, as far as the call tells. */
function madeBy({ isWrite, zxid, stat }: Claim): number | undefined {
  return isWrite && zxid > 0 ? zxid : stat?.[statPlaces.mzxid];
}
