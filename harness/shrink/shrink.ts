// Makes a failing simulated run smaller while the same guarantee still falls. First the options, as long as the run
// still draws by itself: one workload, one nemesis, fewer servers, less time. Then the run is written down as a
// script of faults and operations, of which delta debugging takes out what is not needed, and at last the times.
// Taking one thing out shifts what the network draws for all others, so a step is tried in a few worlds.

import { performance } from 'node:perf_hooks';
import type { ScriptedOperation } from '../generator/scripted-operation.ts';
import type { ScriptedFault } from '../nemesis/scripted-fault.ts';
import type { RunOptions, RunResult, RunScript, RunSize } from '../run/run-result.ts';
import { run } from '../run/run.ts';
import { sizeOf } from '../run/run-size.ts';
import { MessageLog } from '../simulation/message-log.ts';
import { ddmin } from './ddmin.ts';
import { showsFailure } from './failure.ts';
import type { Failure } from './failure.ts';

/** Worlds in which a step is tried before it counts as impossible. */
const worldsPerStep = 3;
const worldsPerScript = 12;
/** So few operations may be tried in several worlds each. */
const fewOperations = 40;
const leastTimeMs = 2_000;
/** After the last operation or fault: its effects belong to the run as well. */
const marginMs = 1_000;
const leadMs = 200;
const longGapMs = 100;

export interface ShrinkOptions {
  readonly result: RunResult;
  readonly failure: Failure;
  readonly runs: number;
  readonly timeLimitMs: number;
  /** Of the mutant that the run names. */
  readonly mutantRoot?: string;
  /** Told of every step that was taken. */
  readonly step: (text: string) => void;
  readonly progress?: (progress: ShrinkProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ShrinkProgress {
  readonly runs: number;
  readonly elapsedMs: number;
  readonly doing: string;
}

export interface Shrunk {
  readonly options: RunOptions;
  readonly runs: number;
  /** A budget ended before nothing more could be taken out. */
  readonly isCutShort: boolean;
}

/** Null: the run does not show its failure again. */
export async function shrink(options: ShrinkOptions): Promise<Shrunk | null> {
  return new Shrinking(options).run();
}

class Shrinking {
  readonly #options: ShrinkOptions;
  readonly #startMs = performance.now();
  #best: RunOptions;
  #runs = 0;
  #doing = 'the run as it was';

  constructor(options: ShrinkOptions) {
    this.#options = options;
    this.#best = options.result.options;
  }

  async run(): Promise<Shrunk | null> {
    const size = await this.#measure();
    if (size === null) return null;
    const { result, failure } = this.#options;
    const given = this.#best.script;
    const script: RunScript = {
      world: given?.world ?? 0,
      operations: given?.operations ?? null,
      faults: given?.faults ?? null,
      origin: given?.origin ?? { run: result.run, ...failure, size },
    };
    this.#best = { ...this.#best, script };
    if (script.operations === null) await this.#shrinkOptions();
    if (await this.#writeScript()) await this.#shrinkScript();
    return { options: this.#best, runs: this.#runs, isCutShort: this.#isOver };
  }

  /** Null when the failure does not show. */
  async #measure(): Promise<RunSize | null> {
    const messages = new MessageLog();
    let size: RunSize | null = null;
    const { mutantRoot } = this.#options;
    const history: { readonly list: Parameters<typeof sizeOf>[1] }[] = [];
    const result = await run(this.#best, {
      keepsFiles: false,
      messages,
      ...(mutantRoot === undefined ? {} : { mutantRoot }),
      over: (_, list) => history.push({ list }),
    });
    this.#runs++;
    if (showsFailure(result, this.#options.failure))
      size = sizeOf(result, history[0]?.list ?? [], messages.messages.length);
    return size;
  }

  async #shrinkOptions(): Promise<void> {
    for (const name of this.#best.workloads.length > 1 ? this.#best.workloads : [])
      if (await this.#take({ workloads: [name] })) break;
    for (const name of this.#best.nemeses.length > 1 ? this.#best.nemeses : [])
      if (await this.#take({ nemeses: [name] })) break;
    await this.#shrinkServers();
    while (this.#best.timeLimitMs > leastTimeMs) {
      const timeLimitMs = Math.max(leastTimeMs, Math.round(this.#best.timeLimitMs / 2));
      if (!(await this.#take({ timeLimitMs }))) break;
    }
    // One client for each server at least: which of them matters is only known when the faults are.
    while (this.#best.processes > this.#best.servers) {
      const processes = Math.max(this.#best.servers, Math.ceil(this.#best.processes / 2));
      if (!(await this.#take({ processes }))) break;
    }
  }

  async #shrinkServers(): Promise<void> {
    if (this.#best.observers > 0) await this.#take({ observers: 0 });
    for (const servers of [3, 4, 5, 7])
      if (servers < this.#best.servers && (await this.#take({ servers }))) break;
  }

  /** False when the failure does not show in any world once the run is a script. */
  async #writeScript(): Promise<boolean> {
    if (this.#best.script?.operations !== null) return true;
    this.#doing = 'writing the run down';
    const operations: ScriptedOperation[] = [];
    const faults: ScriptedFault[] = [];
    const { mutantRoot } = this.#options;
    await run(this.#best, {
      keepsFiles: false,
      ...(mutantRoot === undefined ? {} : { mutantRoot }),
      drawnOperation: (operation) => operations.push(operation),
      drawnFault: (fault) => faults.push(fault),
    });
    this.#runs++;
    const text = `written down: ${operations.length} operations, ${faults.length} faults`;
    if (await this.#tryScript({ operations, faults }, { worlds: worldsPerScript, text })) return true;
    this.#options.step('its faults and operations could not be written down: it does not fail in that form');
    return false;
  }

  async #shrinkScript(): Promise<void> {
    await this.#shrinkFaults();
    await this.#shrinkOperations();
    await this.#shrinkTimes();
    await this.#shrinkServers();
    await this.#shrinkFaults();
    await this.#shrinkOperations();
    await this.#shrinkTimes();
  }

  async #shrinkFaults(): Promise<void> {
    this.#doing = 'faults';
    await ddmin(this.#faults, (faults) => this.#tryFaults(faults));
    const names = [...new Set(this.#faults.map(({ nemesis }) => nemesis))];
    const nemeses = this.#best.nemeses.filter((name) => names.includes(name));
    if (nemeses.length < this.#best.nemeses.length) await this.#take({ nemeses });
  }

  /** Another leader is struck when an earlier fault goes: then clients of another server are the ones to see it. */
  async #tryFaults(faults: readonly ScriptedFault[]): Promise<boolean> {
    const { processes, servers } = this.#best;
    for (let turn = 0; turn < Math.min(processes, servers); turn++) {
      const operations = this.#operations.map((operation) => ({
        ...operation,
        place: (operation.place + turn) % processes,
      }));
      const change = turn === 0 ? { faults } : { faults, operations };
      if (await this.#tryScript(change, { worlds: turn === 0 ? worldsPerStep : 1 })) return true;
    }
    return false;
  }

  async #shrinkOperations(): Promise<void> {
    this.#doing = 'operations';
    await ddmin(this.#operations, (operations) =>
      this.#tryScript({ operations }, { worlds: operations.length <= fewOperations ? worldsPerStep : 1 }),
    );
  }

  /** Shorter faults, shorter pauses between what happens. */
  async #shrinkTimes(): Promise<void> {
    this.#doing = 'times';
    for (let index = 0; index < this.#faults.length; index++) {
      for (;;) {
        const faults = this.#faults.map((fault, at) =>
          at === index ? { ...fault, lastsMs: Math.round(fault.lastsMs / 2) } : fault,
        );
        if ((this.#faults[index]?.lastsMs ?? 0) < 2 * longGapMs) break;
        if (!(await this.#tryScript({ faults }, { worlds: worldsPerStep }))) break;
      }
    }
    for (const ratio of [0, 0.25, 0.5]) {
      const moments = [...this.#operations, ...this.#faults].map(({ atMs }) => atMs).sort((a, b) => a - b);
      for (const [index, moment] of moments.entries()) {
        const before = moments[index - 1] ?? 0;
        const gapMs = moment - before;
        const wanted = Math.max(index === 0 ? leadMs : longGapMs, gapMs * ratio);
        if (gapMs <= wanted * 1.1) continue;
        const cutMs = gapMs - wanted;
        const earlier = <Item extends { readonly atMs: number }>(item: Item): Item =>
          item.atMs >= moment ? { ...item, atMs: item.atMs - cutMs } : item;
        const operations = this.#operations.map(earlier);
        const faults = this.#faults.map(earlier);
        if (!(await this.#tryScript({ operations, faults }, { worlds: 1 }))) continue;
        for (let later = index; later < moments.length; later++)
          moments[later] = (moments[later] as number) - cutMs;
      }
    }
  }

  get #operations(): readonly ScriptedOperation[] {
    return this.#best.script?.operations ?? [];
  }

  get #faults(): readonly ScriptedFault[] {
    return this.#best.script?.faults ?? [];
  }

  async #take(change: Partial<RunOptions>): Promise<boolean> {
    this.#doing = Object.keys(change).join(', ');
    return this.#try({ ...this.#best, ...change }, { worlds: worldsPerStep });
  }

  async #tryScript(
    change: Pick<Partial<RunScript>, 'operations' | 'faults'>,
    how: { readonly worlds: number; readonly text?: string },
  ): Promise<boolean> {
    const { script } = this.#best;
    if (script === undefined) return false;
    const changed = { ...script, ...change };
    const timeLimitMs = Math.min(this.#best.timeLimitMs, lengthOf(changed));
    return this.#try({ ...this.#best, script: changed, timeLimitMs }, how);
  }

  async #try(
    candidate: RunOptions,
    { worlds, text }: { readonly worlds: number; readonly text?: string },
  ): Promise<boolean> {
    const { script } = candidate;
    if (script === undefined) return false;
    for (let offset = 0; offset < worlds; offset++) {
      if (this.#isOver) return false;
      const options = { ...candidate, script: { ...script, world: script.world + offset } };
      if (!(await this.#fails(options))) continue;
      const said = text ?? describeStep(this.#best, options);
      this.#best = options;
      if (said !== '') this.#options.step(said);
      return true;
    }
    return false;
  }

  async #fails(options: RunOptions): Promise<boolean> {
    const { mutantRoot, progress, failure } = this.#options;
    progress?.({ runs: this.#runs, elapsedMs: this.#elapsedMs, doing: this.#doing });
    this.#runs++;
    const result = await run(options, {
      keepsFiles: false,
      ...(mutantRoot === undefined ? {} : { mutantRoot }),
    });
    return showsFailure(result, failure);
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  get #isOver(): boolean {
    const { runs, timeLimitMs, signal } = this.#options;
    return signal?.aborted === true || this.#runs >= runs || this.#elapsedMs >= timeLimitMs;
  }
}

/** Until everything in it has begun, and some more. */
function lengthOf({ operations, faults }: RunScript): number {
  const ends = [
    ...(operations ?? []).map(({ atMs }) => atMs),
    ...(faults ?? []).map(({ atMs, lastsMs }) => atMs + lastsMs),
  ];
  return Math.ceil(Math.max(0, ...ends) + marginMs);
}

/** What differs, before → after. */
function describeStep(before: RunOptions, after: RunOptions): string {
  const facts = (options: RunOptions): [string, string][] => {
    const { script } = options;
    const lasts = (script?.faults ?? []).reduce((sum, { lastsMs }) => sum + lastsMs, 0);
    return [
      ['workload', options.workloads.join(',')],
      ['nemesis', options.nemeses.join(',') || 'none'],
      ['servers', String(options.servers)],
      ['observers', String(options.observers)],
      ['processes', String(options.processes)],
      ['faults', script?.faults === null || script === undefined ? '' : String(script.faults.length)],
      [
        'operations',
        script?.operations === null || script === undefined ? '' : String(script.operations.length),
      ],
      ['faults last', lasts === 0 ? '' : `${(lasts / 1000).toFixed(2)} s`],
      ['time', `${(options.timeLimitMs / 1000).toFixed(2)} s`],
    ];
  };
  const old = facts(before);
  return facts(after)
    .flatMap(([name, value], index) => {
      const was = old[index]?.[1] ?? '';
      return was === value || was === '' ? [] : [`${name} ${was} → ${value}`];
    })
    .join(', ');
}
