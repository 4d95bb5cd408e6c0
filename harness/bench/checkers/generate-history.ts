// Histories of any size that are linearizable because they were made so: each call takes effect at one moment
// between its ends. Some replies are lost, and of those calls half took effect. Equal seeds give equal histories.

import type { Operation } from '../../history/operation.ts';
import type { Random } from '../../random/random.ts';

export interface HistorySize {
  readonly operations: number;
  readonly processes: number;
  /** Of a hundred calls, how many end in doubt. */
  readonly indefinitePercent: number;
  /** Independent objects; the processes are spread over them. */
  readonly keys: number;
}

/** A compare-and-set register of the values 0 to 4 under each key, as Jepsen's tests of it have them. */
export function generateHistory(size: HistorySize, random: Random): Operation[] {
  const registers = new Map<number, number | null>();
  const pending: Event[] = [];
  const entries: Omit<Operation, 'index'>[] = [];
  let nextProcess = size.processes;
  let begun = 0;

  const begin = (process: number, from: number): void => {
    if (begun++ >= size.operations) return;
    const start = from + 1 + random.below(thinkTime);
    const effect = start + random.below(callTime);
    const end = effect + 1 + random.below(callTime);
    const isLost = random.below(1000) < size.indefinitePercent * 10;
    const happens = !isLost || random.below(2) === 0;
    const call = { process, key: process % size.keys, ...drawCall(random) };
    push(pending, { at: start, run: () => record(start, call, 'invoke', call.value) });
    let answer: Answer = { type: 'fail', value: call.value };
    if (happens) push(pending, { at: effect, run: () => (answer = apply(call, registers)) });
    push(pending, {
      at: end,
      run() {
        record(end, call, isLost ? 'info' : answer.type, isLost ? call.value : answer.value);
        // The process of a lost call is over; the next one works on the same key.
        begin(
          isLost ? (nextProcess += size.processes) - size.processes + (process % size.processes) : process,
          end,
        );
      },
    });
  };
  const record = (time: number, call: DrawnCall, type: Operation['type'], value: unknown): void => {
    entries.push({ time, process: call.process, type, f: call.f, value: [call.key, value] });
  };

  for (let process = 0; process < size.processes; process++) begin(process, 0);
  for (let event = pop(pending); event !== undefined; event = pop(pending)) event.run();
  return entries.map((entry, index) => ({ index, ...entry }));
}

const thinkTime = 1000;
const callTime = 1000;
const valueCount = 5;

interface DrawnCall {
  readonly process: number;
  readonly key: number;
  readonly f: 'read' | 'write' | 'cas';
  readonly value: unknown;
}

interface Answer {
  readonly type: 'ok' | 'fail';
  readonly value: unknown;
}

function drawCall(random: Random): Pick<DrawnCall, 'f' | 'value'> {
  const kind = random.below(3);
  if (kind === 0) return { f: 'read', value: null };
  if (kind === 1) return { f: 'write', value: random.below(valueCount) };
  return { f: 'cas', value: [random.below(valueCount), random.below(valueCount)] };
}

function apply({ key, f, value }: DrawnCall, registers: Map<number, number | null>): Answer {
  const held = registers.get(key) ?? null;
  if (f === 'read') return { type: 'ok', value: held };
  if (f === 'write') {
    registers.set(key, value as number);
    return { type: 'ok', value };
  }
  const [expected, next] = value as readonly [number, number];
  if (held !== expected) return { type: 'fail', value };
  registers.set(key, next);
  return { type: 'ok', value };
}

interface Event {
  readonly at: number;
  readonly run: () => void;
}

/** A binary heap by time. */
function push(heap: Event[], event: Event): void {
  let place = heap.push(event) - 1;
  while (place > 0) {
    const parent = (place - 1) >>> 1;
    if ((heap[parent] as Event).at <= event.at) break;
    heap[place] = heap[parent] as Event;
    place = parent;
  }
  heap[place] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as Event).at < (heap[child] as Event).at) child++;
    if ((heap[child] as Event).at >= last.at) break;
    heap[place] = heap[child] as Event;
    place = child;
  }
  heap[place] = last;
  return first;
}
