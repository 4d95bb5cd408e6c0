// Traces made by hand: three voters and an observer, server 3 leads epoch 1. Each step adds what the servers
// would report; a test adds the one event that should not be.

import type { TraceEvent } from '../../../harness/history/trace-event.ts';
import { judgeTrace } from '../../../checkers/trace/judge-trace.ts';
import type { EnsembleFacts } from '../../../checkers/trace/trace-model.ts';

type Fields = Partial<Omit<TraceEvent, 'event' | 'sid'>> & Readonly<Record<string, unknown>>;

export const facts: EnsembleFacts = { voters: [1, 2, 3], observers: [4], tickMs: 100, syncLimit: 5 };

export function zxid(epoch: number, counter: number): number {
  return epoch * 2 ** 32 + counter;
}

/** Stands for the bytes of a transaction. */
export function hashOf(z: number): number {
  return z % 1_000_003;
}

export class Scene {
  readonly events: TraceEvent[] = [];
  readonly #incarnations = new Map<number, number>();
  readonly #instances = new Map<number, number>();
  #ms = 0;

  add(sid: number, event: string, fields: Fields = {}): this {
    this.#ms += 1;
    this.events.push({
      sid,
      event,
      incarnation: this.#incarnations.get(sid) ?? 1,
      instance: this.#instances.get(sid) ?? 0,
      sequence: this.events.length,
      time: this.#ms * 1e6,
      timeMs: this.#ms,
      ...fields,
    });
    return this;
  }

  passMs(ms: number): this {
    this.#ms += ms;
    return this;
  }

  load(sid: number, fields: Fields = {}): this {
    this.#incarnations.set(sid, (this.#incarnations.get(sid) ?? 0) + 1);
    this.#instances.set(sid, 0);
    const blank = { snapZxid: 0, lastZxid: 0, acceptedEpoch: 0, currentEpoch: 0, digest: 'at 0' };
    return this.add(sid, 'LOAD', { ...blank, ...fields });
  }

  role(sid: number, state: string): this {
    this.#instances.set(sid, (this.#instances.get(sid) ?? 0) + 1);
    return this.add(sid, 'STATE', { state });
  }

  /** Votes and the promise of `epoch` to `leader`. */
  promise(sid: number, epoch: number, leader: number): this {
    return this.add(sid, 'EPOCH_WRITE', { kind: 'accepted', epoch }).add(sid, 'EPOCH_ACK', {
      leader,
      epoch,
      counted: true,
    });
  }

  elect(leader: number, followers: readonly number[], round: number): this {
    for (const sid of [leader, ...followers]) {
      this.role(sid, 'looking');
      this.add(sid, 'VOTE', { round, leader, zxid: 0, epoch: 0 });
      this.add(sid, 'ELECTED', { leader, round, voters: [leader, ...followers] });
      this.role(sid, sid === leader ? 'leading' : 'following');
    }
    return this;
  }

  establish(leader: number, followers: readonly number[], epoch: number): this {
    for (const sid of [leader, ...followers]) this.promise(sid, epoch, leader);
    return this.add(leader, 'ESTABLISH', { epoch, ackers: [leader, ...followers] });
  }

  /** Nobody lacked anything of the leader's history. */
  activate(leader: number, followers: readonly number[], epoch: number): this {
    for (const sid of [leader, ...followers]) this.add(sid, 'EPOCH_WRITE', { kind: 'current', epoch });
    for (const sid of followers) this.add(sid, 'NEWLEADER_ACK', { epoch, leader, durableZxid: 0 });
    this.add(leader, 'ACTIVATE', { epoch, ackers: [leader, ...followers] });
    for (const sid of followers) this.add(sid, 'UPTODATE', { epoch });
    return this;
  }

  lead(leader: number, followers: readonly number[], epoch: number): this {
    return this.elect(leader, followers, epoch)
      .establish(leader, followers, epoch)
      .activate(leader, followers, epoch);
  }

  propose(leader: number, z: number, fields: Fields = {}): this {
    const hash = hashOf(z);
    this.add(leader, 'PROPOSE', {
      zxid: z,
      hash,
      session: 'a',
      cxid: hashOf(z),
      txn: 'setData',
      ...fields,
    });
    return this.log(leader, z);
  }

  log(sid: number, z: number): this {
    return this.add(sid, 'APPEND', { zxid: z, hash: hashOf(z) });
  }

  sync(sid: number, upTo: number): this {
    return this.add(sid, 'FSYNC', { upTo });
  }

  decide(leader: number, z: number, fields: Fields = {}): this {
    return this.add(leader, 'COMMIT_DECIDE', {
      zxid: z,
      hash: hashOf(z),
      ackers: [leader],
      configs: [0],
      ...fields,
    });
  }

  apply(sid: number, z: number, fields: Fields = {}): this {
    return this.add(sid, 'APPLY', { zxid: z, hash: hashOf(z), digest: `at ${z}`, replay: false, ...fields });
  }

  /** A transaction as it should go: proposed, logged and synced by all, committed, applied by all. */
  commit(leader: number, followers: readonly number[], z: number, fields: Fields = {}): this {
    this.propose(leader, z, fields);
    for (const sid of followers) this.log(sid, z);
    for (const sid of [leader, ...followers]) this.sync(sid, z);
    for (const sid of followers) this.add(sid, 'ACK_SEND', { zxid: z });
    this.decide(leader, z);
    for (const sid of [leader, ...followers]) this.apply(sid, z);
    return this;
  }

  /** Ids of the invariants that are broken. */
  broken(): string[] {
    return judgeTrace(this.events, facts).findings.map(({ invariant }) => invariant.id);
  }

  sentences(): string[] {
    return judgeTrace(this.events, facts).findings.map(
      ({ invariant, sentence }) => `${invariant.id} ${sentence}`,
    );
  }
}

/** Server 3 leads epoch 1; 1 and 2 follow; one transaction is committed everywhere. */
export function begun(): Scene {
  const scene = new Scene();
  for (const sid of [1, 2, 3]) scene.load(sid);
  return scene.lead(3, [1, 2], 1).commit(3, [1, 2], zxid(1, 1));
}
