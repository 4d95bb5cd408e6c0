// The nemesis at work: fault and quiet take turns until the time is up, each nemesis asked for gets its turn in
// every round. A fault is injected, must prove that it bit, lasts, and is healed; the quiet after it lasts until
// the ensemble does something again, so that no fault hides what the one before it did.

import type { HistoryRecorder } from '../history/recorder.ts';
import type { Random } from '../random/random.ts';
import type { InjectedFault } from '../run/run-result.ts';
import type { Fault, FaultTools, Nemesis } from './fault.ts';
import { planScripted } from './scripted-fault.ts';
import type { ScriptedFault } from './scripted-fault.ts';
import { nameServers } from './targets.ts';

/** Ranges in ticks. A fault must outlast the time in which servers notice it and elect. */
const firstQuietTicks = [4, 8] as const;
const longFaultTicks = [14, 20] as const;
const shortFaultTicks = [3, 6] as const;
const quietTicks = [6, 10] as const;
const turnTicks = longFaultTicks[1] + quietTicks[1];
/** Shrunk further than this, a fault would be over before anybody notices it. */
const leastScale = 0.25;

export interface NemesisRunOptions {
  readonly tools: FaultTools;
  readonly nemeses: readonly Nemesis[];
  readonly recorder: Pick<HistoryRecorder, 'note'>;
  readonly random: Random;
  /** Time of the run's clock when the workload began. */
  readonly startNs: number;
  /** Time of the run's clock by which the last fault must be healed. */
  readonly untilNs: number;
  /** Operations acknowledged so far. */
  readonly acknowledged: () => number;
  /** So many are waited for while a fault lasts that leaves a quorum, and after every fault. */
  readonly leastAcknowledged: number;
  /** But no longer than this. */
  readonly longestWaitMs: number;
  /** False: the workload changes the membership while faults are under way. */
  readonly hasFixedMembers?: boolean;
  /** Exactly these faults, at their times, instead of turns. */
  readonly script?: readonly ScriptedFault[];
  /** Told of every fault as it would stand in a script. */
  readonly drawn?: (fault: ScriptedFault) => void;
}

/** One fault with what it left the clients to do. */
export interface FaultWindow {
  readonly fault: InjectedFault;
  /** A quorum was left, and clients that reach it, so operations could be acknowledged while it lasted. */
  readonly keepsQuorum: boolean;
  readonly acknowledgedDuring: number;
  readonly acknowledgedAfter: number;
  readonly lastedMs: number;
  /** Between healing and the next fault, or the end of the workload. */
  readonly quietMs: number;
}

export class NemesisRun {
  readonly #options: NemesisRunOptions;
  readonly #windows: FaultWindow[] = [];
  readonly #problems: string[] = [];
  /** Shrinks every range, so that a short run still has a turn for each nemesis. */
  #scale: number;
  readonly #startNs: number;
  #turns: Nemesis[] = [];
  #current: string | null = null;
  #isHealed = true;

  constructor(options: NemesisRunOptions) {
    this.#options = options;
    const { ensemble } = options.tools;
    this.#startNs = options.startNs;
    const roomTicks = (options.untilNs - ensemble.clock.nowNs()) / 1e6 / ensemble.tickMs;
    const neededTicks = firstQuietTicks[1] + options.nemeses.length * turnTicks;
    this.#scale = Math.min(1, roomTicks / neededTicks);
  }

  get windows(): readonly FaultWindow[] {
    return this.#windows;
  }

  /** Faults that could not be injected, did not bite or could not be healed, in sentences. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** False when a fault could not be undone: what the ensemble does from then on is not its own fault. */
  get isHealed(): boolean {
    return this.#isHealed;
  }

  /** What is going on, for the progress line; null when nothing is. */
  get current(): string | null {
    return this.#current;
  }

  async run(): Promise<void> {
    if (this.#options.nemeses.length === 0) return;
    if (this.#options.script !== undefined) return this.#runScript(this.#options.script);
    await this.#sleepTicks(firstQuietTicks);
    for (;;) {
      this.#hurry();
      if (!this.#hasRoom()) return;
      await this.#takeTurn(this.#nextNemesis());
    }
  }

  /** Servers that came back late have taken from the time of those nemeses that had no turn yet. */
  #hurry(): void {
    const { tools, nemeses, untilNs } = this.#options;
    const { clock, tickMs } = tools.ensemble;
    const waiting = nemeses.filter(({ name }) => !this.#windows.some(({ fault }) => fault.nemesis === name));
    if (waiting.length === 0) return;
    const leftTicks = (untilNs - clock.nowNs()) / 1e6 / tickMs;
    const fitting = Math.max(leastScale, leftTicks / (waiting.length * turnTicks));
    this.#scale = Math.min(this.#scale, fitting);
  }

  #hasRoom(): boolean {
    const { tools, untilNs } = this.#options;
    const { clock, tickMs } = tools.ensemble;
    const neededTicks = (longFaultTicks[1] + quietTicks[0]) * this.#scale;
    return tools.isWanted() && clock.nowNs() + neededTicks * tickMs * 1e6 <= untilNs;
  }

  #nextNemesis(): Nemesis {
    if (this.#turns.length === 0) this.#turns = this.#options.random.shuffle(this.#options.nemeses);
    return this.#turns.pop() as Nemesis;
  }

  async #takeTurn(nemesis: Nemesis): Promise<void> {
    const { tools } = this.#options;
    const { tickMs } = tools.ensemble;
    const fault = await nemesis.plan(tools);
    // Looking for the leader may have taken a while.
    if (!this.#hasRoom()) return;
    const lastsMs = this.#drawTicks(fault.duration === 'long' ? longFaultTicks : shortFaultTicks) * tickMs;
    await this.#harm(fault, { tools, lastsMs });
  }

  async #runScript(script: readonly ScriptedFault[]): Promise<void> {
    const { tools, nemeses, random, untilNs } = this.#options;
    const { clock } = tools.ensemble;
    for (const scripted of script) {
      const nemesis = nemeses.find(({ name }) => name === scripted.nemesis);
      const delayMs = scripted.atMs - (clock.nowNs() - this.#startNs) / 1e6;
      if (delayMs > 0) await clock.sleep(delayMs);
      if (nemesis === undefined || !tools.isWanted() || clock.nowNs() >= untilNs) continue;
      const planned = await planScripted(scripted, { nemesis, tools, random });
      await this.#harm(planned.fault, { tools: planned.tools, lastsMs: scripted.lastsMs });
    }
  }

  async #harm(
    fault: Fault,
    { tools, lastsMs }: { readonly tools: FaultTools; readonly lastsMs: number },
  ): Promise<void> {
    const { acknowledged, drawn, script } = this.#options;
    const { clock } = tools.ensemble;
    // A directed schedule's shape tells how it ended, and is not known before.
    const planned = { nemesis: fault.nemesis, shape: fault.shape, targets: fault.targets };
    const isScripted = script !== undefined;
    const startNs = clock.nowNs();
    this.#current = `${fault.nemesis}: ${fault.shape}`;
    this.#note(fault, { phase: 'start', keepsQuorum: this.#keepsQuorum(fault) });
    const proof = await this.#injectAndProve(fault, tools);
    const provenNs = clock.nowNs();
    const acknowledgedAtStart = acknowledged();
    // It lasts from when it is complete: cutting links takes time where they are real.
    await clock.sleep(lastsMs);
    // An election may take longer than was drawn; a fault that ends before it shows nothing of what it should.
    const keepsQuorum = this.#keepsQuorum(fault);
    if (keepsQuorum && !isScripted) await this.#awaitAcknowledged(acknowledgedAtStart);
    drawn?.({
      ...planned,
      atMs: (startNs - this.#startNs) / 1e6,
      lastsMs: (clock.nowNs() - provenNs) / 1e6,
    });
    const acknowledgedDuring = acknowledged() - acknowledgedAtStart;
    if (!(await this.#attempt(fault, 'could not be healed', () => fault.heal(tools)))) this.#isHealed = false;
    const endNs = clock.nowNs();
    this.#note(fault, { phase: 'end', proof });
    this.#current = null;

    const acknowledgedAtEnd = acknowledged();
    if (!isScripted) {
      await this.#sleepTicks(quietTicks);
      await this.#awaitAcknowledged(acknowledgedAtEnd);
    }
    const { shape, targets } = fault;
    const acknowledgedAfter = acknowledged() - acknowledgedAtEnd;
    this.#windows.push({
      fault: {
        nemesis: fault.nemesis,
        shape,
        targets,
        startNs,
        endNs,
        proof,
        acknowledgedDuring,
        ...(fault.strikes === undefined ? {} : { strikes: fault.strikes }),
      },
      keepsQuorum,
      acknowledgedDuring,
      acknowledgedAfter,
      lastedMs: (endNs - startNs) / 1e6,
      quietMs: (clock.nowNs() - endNs) / 1e6,
    });
  }

  /** Which servers vote is known only where the workload leaves the membership alone. */
  #keepsQuorum({ keepsQuorum, targets }: Fault): boolean {
    return keepsQuorum && this.#options.hasFixedMembers !== false && this.#leavesClients(targets);
  }

  /** Some clients stay with one server: with few of them, all may be bound to those that are harmed. */
  #leavesClients(targets: readonly number[]): boolean {
    const places = this.#options.tools.clients.connected();
    return places.length === 0 || places.some(({ servers }) => servers.some((sid) => !targets.includes(sid)));
  }

  async #injectAndProve(fault: Fault, tools: FaultTools): Promise<string | null> {
    if (!(await this.#attempt(fault, 'could not be injected', () => fault.inject(tools)))) return null;
    let proof: string | null = null;
    if (
      !(await this.#attempt(fault, 'could not be proven', async () => (proof = await fault.prove(tools))))
    ) {
      return null;
    }
    if (proof === null)
      this.#problems.push(`${describe(fault)} did not bite: nothing shows that it took effect`);
    return proof;
  }

  /** False, and a problem, when it throws: the run goes on, but it cannot pass any more. */
  async #attempt(fault: Fault, failure: string, action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      if (this.#options.tools.isWanted()) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#problems.push(`${describe(fault)} ${failure}: ${reason}`);
      }
      return false;
    }
  }

  async #awaitAcknowledged(before: number): Promise<void> {
    const { tools, acknowledged, leastAcknowledged, longestWaitMs, untilNs } = this.#options;
    const { clock, tickMs } = tools.ensemble;
    const deadlineNs = Math.min(untilNs, clock.nowNs() + longestWaitMs * 1e6);
    while (acknowledged() - before < leastAcknowledged && clock.nowNs() < deadlineNs && tools.isWanted()) {
      await clock.sleep(tickMs / 2);
    }
  }

  #note(fault: Fault, facts: Readonly<Record<string, unknown>>): void {
    const { shape, targets } = fault;
    this.#options.recorder.note(fault.nemesis, { ...facts, shape, targets });
  }

  #drawTicks([least, most]: readonly [number, number]): number {
    return this.#options.random.between(least, most) * this.#scale;
  }

  async #sleepTicks(range: readonly [number, number]): Promise<void> {
    const { clock, tickMs } = this.#options.tools.ensemble;
    await clock.sleep(this.#drawTicks(range) * tickMs);
  }
}

function describe({ nemesis, shape, targets }: Fault): string {
  return `${nemesis} (${shape}) against ${nameServers(targets)}`;
}
