// A schedule at work. It takes one step after the other; when a server does not report in time what a step waits
// for, the schedule is given up there, which is a matter of coverage and not a failure. Whatever was harmed on
// the way is put right at the end.

import type { LinkCondition } from '../../ensemble/deeper-faults.ts';
import type { Cut, Ensemble } from '../../ensemble/ensemble.ts';
import type { TraceEvent } from '../../history/trace-event.ts';
import { restartServers } from '../crash.ts';
import { restoreMembership } from '../reconfig.ts';
import type { Fault, FaultTools, FaultStrike } from '../fault.ts';
import { cutBetween } from '../grudge.ts';
import { findLeader, nameServers, participantsOf, sidsOf } from '../targets.ts';
import type { ClientDeed, Schedule, ServerName, Step, Strike } from './schedule.ts';

/** The shape of a schedule that came to its end. */
export const wholeSchedule = 'every step taken';

/** That an administrator waits for an answer. */
const reconfigTicks = 20;

type AwaitStep = Extract<Step, { readonly type: 'await' }>;

/** A step that nothing fulfilled in time. */
class GaveUp extends Error {}

export class DirectedFault implements Fault {
  readonly nemesis: string;
  readonly keepsQuorum = false;
  readonly duration = 'short';
  readonly strikes: FaultStrike[] = [];
  readonly #schedule: Schedule;
  readonly #tools: FaultTools;
  readonly #bound: Map<ServerName, number>;
  readonly #harmed = new Set<number>();
  readonly #silent = new Set<number>();
  #hasReconfigured = false;
  #cuts: readonly Cut[] = [];
  #links: readonly LinkCondition[] = [];
  /** Where in the trace the present stretch of actions began: what it brought about counts for the next await. */
  /** What servers reported since the last thing that was done to them. */
  #tape: TraceEvent[] = [];
  #stepsTaken = 0;
  #outcome: string;

  private constructor(schedule: Schedule, tools: FaultTools, bound: Map<ServerName, number>) {
    this.nemesis = schedule.name;
    this.#schedule = schedule;
    this.#outcome = schedule.description;
    this.#tools = tools;
    this.#bound = bound;
  }

  static async plan(schedule: Schedule, tools: FaultTools): Promise<DirectedFault> {
    const { ensemble, random } = tools;
    const leader = await findLeader(ensemble, tools);
    const followers = random.shuffle(participantsOf(ensemble).filter((sid) => sid !== leader));
    const observers = random.shuffle(
      ensemble.servers.filter(({ role }) => role === 'observer').map(({ sid }) => sid),
    );
    const bound = new Map<ServerName, number>();
    for (const [name, role] of Object.entries(schedule.servers)) {
      const drawn = role === 'leader' ? leader : role === 'follower' ? followers.pop() : observers.pop();
      const sid = drawn ?? followers.pop();
      if (sid !== undefined && sid !== null) bound.set(name, sid);
    }
    return new DirectedFault(schedule, tools, bound);
  }

  /** How far it came, once it is over. */
  get shape(): string {
    return this.#outcome;
  }

  get targets(): readonly number[] {
    return [...(this.#harmed.size > 0 ? this.#harmed : this.#bound.values())].sort((a, b) => a - b);
  }

  async inject(): Promise<void> {
    this.#outcome = 'under way';
    this.#tape = [];
    const unwatch = this.#tools.ensemble.watchTrace((event) => this.#tape.push(event));
    try {
      await this.#takeAll(this.#schedule.steps);
      this.#outcome = wholeSchedule;
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error;
      this.#outcome = `given up after ${this.#stepsTaken} steps: ${error.message}`;
    } finally {
      unwatch?.();
      this.#tape = [];
    }
  }

  async prove(): Promise<string | null> {
    return this.#outcome;
  }

  async heal(): Promise<void> {
    const { ensemble, setQuiet } = this.#tools;
    this.#wakeClients();
    try {
      await this.#mendLinks();
      for (const sid of sidsOf(ensemble)) {
        await ensemble.setDisk(sid, { slowness: 1, error: null });
        if (await ensemble.isPaused(sid)) await ensemble.resume(sid);
      }
      await restartServers(ensemble, sidsOf(ensemble));
      if (this.#hasReconfigured) await restoreMembership(this.#tools);
    } finally {
      setQuiet(false);
    }
  }

  async #takeAll(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (!this.#tools.isWanted()) throw new GaveUp('the run was interrupted');
      await this.#take(step);
      this.#stepsTaken++;
    }
  }

  async #take(step: Step): Promise<void> {
    const { ensemble, setQuiet } = this.#tools;
    switch (step.type) {
      case 'await':
        await this.#await(step);
        this.#tape = [];
        return;
      case 'wait':
        await ensemble.clock.sleep(step.ticks * ensemble.tickMs);
        this.#tape = [];
        return;
      case 'bind':
        await this.#bindLeader(step);
        this.#tape = [];
        return;
      case 'serving':
        await this.#awaitServing(this.#sids(step.servers), step.withinTicks);
        this.#tape = [];
        return;
      case 'strike':
        for (const sid of this.#sids(step.servers)) await this.#strike(step.strike, sid);
        return;
      case 'partition':
        this.#cuts = cutsBetween(step.groups.map((group) => this.#sids(group)));
        return this.#applyCuts('partition');
      case 'cut':
        this.#cuts = [...this.#cuts, ...pairs(this.#sids(step.from), this.#sids(step.to))];
        return this.#applyCuts('cut');
      case 'link':
        return this.#changeLinks(step);
      case 'reset':
        return this.#reset(this.#sids(step.servers));
      case 'heal':
        return this.#mendLinks();
      case 'disk':
        for (const sid of this.#sids(step.servers)) {
          this.#note('disk', sid);
          const { slowness, error } = step;
          await ensemble.setDisk(sid, {
            ...(slowness === null ? {} : { slowness }),
            ...(error === undefined ? {} : { error }),
          });
        }
        return;
      case 'clock':
        for (const sid of this.#sids(step.servers)) {
          this.#note('clock', sid);
          await ensemble.jumpClock(sid, step.jumpMs);
        }
        return;
      case 'reconfig':
        return this.#reconfigure(step);
      case 'clients':
        return this.#hitClients(step.deed, this.#sids(step.servers));
      case 'wake':
        return this.#wakeClients();
      case 'quiet':
        return setQuiet(step.isQuiet);
      case 'repeat':
        for (let count = 0; count < step.times; count++) await this.#takeAll(step.steps);
    }
  }

  async #await(step: AwaitStep): Promise<void> {
    const { ensemble } = this.#tools;
    let missing = step.count;
    const matches = (event: TraceEvent): boolean => this.#isMeant(event, step) && --missing === 0;
    const past = this.#tape.find(matches);
    if (past !== undefined) return this.#name(step.as, past);
    const found = await ensemble.awaitTrace(matches, step.withinTicks * ensemble.tickMs);
    if (found !== null) return this.#name(step.as, found);
    if (step.isOptional) return;
    const whose = step.server === null ? 'no server' : `${step.server} (${this.#sids([step.server]).join()})`;
    throw new GaveUp(
      `${whose}: no ${step.event} ${Object.keys(step.where).length > 0 ? `${JSON.stringify(step.where)} ` : ''}within ${step.withinTicks} ticks`,
    );
  }

  #name(as: ServerName | null, { sid }: TraceEvent): void {
    if (as !== null) this.#bound.set(as, sid);
  }

  #isMeant(event: TraceEvent, { event: name, server, where }: AwaitStep): boolean {
    if (event.event !== name) return false;
    if (server !== null && !this.#sids([server]).includes(event.sid)) return false;
    return Object.entries(where).every(([field, wanted]) => {
      const value = (event as unknown as Record<string, unknown>)[field];
      return value === wanted || (typeof wanted === 'string' && value === this.#bound.get(wanted));
    });
  }

  async #bindLeader({ name, among, withinTicks }: Extract<Step, { type: 'bind' }>): Promise<void> {
    const { ensemble } = this.#tools;
    const deadlineNs = ensemble.clock.nowNs() + withinTicks * ensemble.tickMs * 1e6;
    const sids = this.#sids(among);
    for (;;) {
      const statuses = await Promise.all(sids.map((sid) => ensemble.status(sid)));
      const leader = statuses.find(({ mode }) => mode === 'leader');
      if (leader !== undefined) {
        this.#bound.set(name, leader.sid);
        return;
      }
      if (ensemble.clock.nowNs() >= deadlineNs || !this.#tools.isWanted()) break;
      await ensemble.clock.sleep(ensemble.tickMs / 4);
    }
    throw new GaveUp(`none of ${nameServers(sids)} leads within ${withinTicks} ticks`);
  }

  async #awaitServing(sids: readonly number[], withinTicks: number): Promise<void> {
    const { ensemble } = this.#tools;
    const deadlineNs = ensemble.clock.nowNs() + withinTicks * ensemble.tickMs * 1e6;
    for (;;) {
      const statuses = await Promise.all(sids.map((sid) => ensemble.status(sid)));
      const idle = statuses.filter(({ mode }) => !servingModes.has(mode));
      if (idle.length === 0) return;
      if (ensemble.clock.nowNs() >= deadlineNs || !this.#tools.isWanted()) {
        const names = nameServers(idle.map(({ sid }) => sid));
        throw new GaveUp(`${names} did not serve within ${withinTicks} ticks`);
      }
      await ensemble.clock.sleep(ensemble.tickMs / 4);
    }
  }

  async #strike(strike: Strike, sid: number): Promise<void> {
    const { ensemble } = this.#tools;
    if (strike !== 'start' && strike !== 'resume') this.#note(strike, sid);
    switch (strike) {
      case 'kill':
        return ensemble.kill(sid);
      case 'power-loss':
        return ensemble.powerLoss(sid);
      case 'start':
        return restartServers(ensemble, [sid]);
      case 'pause':
        return ensemble.pause(sid);
      case 'resume':
        return ensemble.resume(sid);
      case 'wipe':
        return ensemble.wipe(sid);
    }
  }

  async #applyCuts(kind: string): Promise<void> {
    for (const sid of new Set(this.#cuts.map(({ to }) => to))) this.#note(kind, sid);
    await this.#tools.ensemble.setCuts(this.#cuts);
  }

  async #changeLinks({ from, to, delayMs }: Extract<Step, { type: 'link' }>): Promise<void> {
    const condition = delayMs === null ? { stalled: true } : { delayMs };
    const added = pairs(this.#sids(from), this.#sids(to)).map((pair) => ({ ...pair, ...condition }));
    for (const sid of this.#sids(to)) this.#note(delayMs === null ? 'stall' : 'slow', sid);
    this.#links = [...this.#links, ...added];
    await this.#tools.ensemble.setLinks(this.#links);
  }

  async #reset(sids: readonly number[]): Promise<void> {
    for (const [index, one] of sids.entries()) {
      this.#note('reset', one);
      for (const other of sids.slice(index + 1)) await this.#tools.ensemble.resetLinks(one, other);
    }
  }

  async #mendLinks(): Promise<void> {
    const { ensemble } = this.#tools;
    this.#cuts = [];
    this.#links = [];
    await ensemble.setCuts([]);
    await ensemble.setLinks([]);
  }

  async #reconfigure(step: Extract<Step, { type: 'reconfig' }>): Promise<void> {
    const { ensemble } = this.#tools;
    const [at] = this.#sids([step.at]);
    if (at === undefined) throw new GaveUp('nobody is there to be asked for another membership');
    const roleIn = (role: 'participant' | 'observer') => (sid: number) => ({ sid, role });
    const change = {
      leave: this.#sids(step.leave),
      join: [
        ...this.#sids(step.join).map(roleIn('participant')),
        ...this.#sids(step.demote).map(roleIn('observer')),
      ],
    };
    for (const sid of [...change.leave, ...change.join.map((each) => each.sid)]) this.#note('reconfig', sid);
    this.#hasReconfigured = true;
    const answer = ensemble.reconfigure(at, change, reconfigTicks * ensemble.tickMs);
    if (!step.isAwaited) return void answer;
    const failure = await answer;
    this.#tape = [];
    if (failure !== null) throw new GaveUp(`the membership was not changed: ${failure}`);
  }

  #hitClients(deed: ClientDeed, sids: readonly number[]): void {
    const { clients } = this.#tools;
    for (const { place, server } of clients.connected()) {
      if (server === null || !sids.includes(server)) continue;
      switch (deed) {
        case 'drop-clients':
          clients.drop(place);
          break;
        case 'kill-clients':
          clients.kill(place);
          break;
        case 'silence-clients':
          clients.setSilent(place, true);
          this.#silent.add(place);
      }
    }
    for (const sid of sids) this.#note(deed, sid);
  }

  #wakeClients(): void {
    for (const place of this.#silent) this.#tools.clients.setSilent(place, false);
    this.#silent.clear();
  }

  #note(kind: string, sid: number): void {
    this.#harmed.add(sid);
    this.strikes.push({
      kind,
      sid,
      timeNs: this.#tools.ensemble.clock.nowNs(),
      reports: this.#tools.ensemble.reportCount,
    });
  }

  #sids(names: readonly ServerName[]): number[] {
    return [...new Set(names.flatMap((name) => this.#sidsOfName(name)))];
  }

  #sidsOfName(name: ServerName): readonly number[] {
    const { ensemble } = this.#tools;
    const bound = this.#bound.get(name);
    if (bound !== undefined) return [bound];
    const named = [...this.#bound.values()];
    if (name === 'all') return sidsOf(ensemble);
    if (name === 'others') return participantsOf(ensemble).filter((sid) => !named.includes(sid));
    return observersOf(ensemble).filter((sid) => !named.includes(sid));
  }
}

const servingModes: ReadonlySet<string> = new Set(['leader', 'follower', 'observer', 'standalone']);

function observersOf(ensemble: Pick<Ensemble, 'servers'>): number[] {
  return ensemble.servers.filter(({ role }) => role === 'observer').map(({ sid }) => sid);
}

function cutsBetween(groups: readonly (readonly number[])[]): Cut[] {
  return groups.flatMap((group, index) =>
    groups.slice(index + 1).flatMap((other) => cutBetween(group, other)),
  );
}

function pairs(from: readonly number[], to: readonly number[]): Cut[] {
  return from.flatMap((one) =>
    to.filter((other) => other !== one).map((other) => ({ from: one, to: other })),
  );
}
