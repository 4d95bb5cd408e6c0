// The order that the zxids claim for all acknowledged writes, over all znodes, against real time: a write that
// began after another was acknowledged has the higher zxid, and no two writes have the same one. Gaps are
// right: a refused write takes a zxid too. Sixteen bytes a write.

import type { Call } from '../../harness/history/pairing.ts';
import type { Operation, Process } from '../../harness/history/operation.ts';
import { describeTime, describeValue, describeZxid, operationsOf, timeOf } from '../describe.ts';
import type { Evidence } from '../verdict.ts';
import { Column } from './columns.ts';
import { HighWater } from './high-water.ts';
import type { Mark } from './high-water.ts';

type CallsAt = (indices: readonly number[]) => readonly Call[];

export class ZxidClaims {
  readonly #zxids = new Column();
  /** Of the completions. */
  readonly #indices = new Column();
  readonly #highest = new HighWater(0);
  /** What the open write of a process must be above. */
  readonly #floors = new Map<Process, Mark>();
  /** The first inversion: the earlier write and the later one with the lower zxid. */
  #inverted: readonly [number, number] | null = null;
  #isRising = true;

  /** A write begins. */
  begin(invocation: Operation): void {
    this.#floors.set(invocation.process, this.#highest.before(invocation.time));
  }

  end(invocation: Operation, completion: Operation): void {
    const floor = this.#floors.get(invocation.process);
    this.#floors.delete(invocation.process);
    const { zxid = 0, time, index, type } = completion;
    if (type !== 'ok' || zxid <= 0) return;
    if (floor !== undefined && zxid < floor.value) this.#inverted ??= [floor.index, index];
    this.#isRising &&= zxid > this.#zxids.get(this.#zxids.length - 1) || this.#zxids.length === 0;
    this.#zxids.push(zxid);
    this.#indices.push(index);
    this.#highest.raise(time, zxid, index);
  }

  /** The first contradiction, if any. */
  judge(callsAt: CallsAt): Evidence[] {
    if (this.#inverted !== null) return [explainInversion(callsAt(this.#inverted))];
    const repeated = this.#findRepetition();
    return repeated === null ? [] : [explainRepetition(callsAt(repeated))];
  }

  #findRepetition(): readonly number[] | null {
    if (this.#isRising) return null;
    const sorted = this.#zxids.cells.slice().sort();
    const twice = sorted.find((zxid, position) => position > 0 && zxid === sorted[position - 1]);
    if (twice === undefined) return null;
    const { cells } = this.#zxids;
    const first = cells.indexOf(twice);
    return [first, cells.indexOf(twice, first + 1)].map((position) => this.#indices.get(position));
  }
}

function explainInversion([highest, write]: readonly Call[]): Evidence {
  if (highest === undefined || write === undefined) throw new RangeError('an inversion is of two writes');
  return {
    subject: 'order of zxids',
    sentence:
      `${describe(write)} began at ${describeTime(write.invocation.time)}, ` +
      `after ${describe(highest)} was acknowledged at ${describeTime(timeOf(highest))}`,
    operations: [...operationsOf(highest), ...operationsOf(write)],
  };
}

function explainRepetition([other, write]: readonly Call[]): Evidence {
  if (other === undefined || write === undefined) throw new RangeError('a repetition is of two writes');
  return {
    subject: 'order of zxids',
    sentence: `two writes were acknowledged with one zxid: ${describe(other)} at ${describeTime(timeOf(other))}, ${describe(write)} at ${describeTime(timeOf(write))}`,
    operations: [...operationsOf(other), ...operationsOf(write)],
  };
}

function describe({ f, invocation, process, completion }: Call): string {
  return `${f} ${describeValue(invocation.value)} by process ${process} with zxid ${describeZxid(completion?.zxid ?? 0)}`;
}
