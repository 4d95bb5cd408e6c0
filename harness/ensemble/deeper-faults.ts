// Faults below the level of processes and cuts: disks, links and clocks that misbehave, and steps anchored on
// what servers report. Only the simulated world has them all; capabilities say which are there.

import type { TraceEvent } from '../history/trace-event.ts';
import type { Random } from '../random/random.ts';

/** ENOSPC: writes fail, the first of them half-way. EIO: writes go to the page cache and the sync fails. */
export type DiskErrorCode = 'EIO' | 'ENOSPC';

/** What is left out stays as it is. */
export interface DiskCondition {
  /** Factor on the time of every sync; 1 is the normal speed. */
  readonly slowness?: number;
  /** Null: no error any more. */
  readonly error?: DiskErrorCode | null;
}

/** Directed: how bytes go from one server to another. */
export interface LinkCondition {
  readonly from: number;
  readonly to: number;
  /** Added to the time that every message takes. */
  readonly delayMs?: number;
  /** Bytes are held back, and come in order when the condition ends. */
  readonly stalled?: boolean;
}

/** What an administrator asks for: who goes, and who comes or changes its role. */
export interface MembershipChange {
  readonly leave?: readonly number[];
  readonly join?: readonly { readonly sid: number; readonly role: 'participant' | 'observer' }[];
}

export interface DeeperFaults {
  /**
   * Asks one server to change the membership, and waits for its answer: null when it was done, otherwise why not.
   * An empty change only makes sure that the administrator is connected to it.
   * Needs capability `reconfig`.
   */
  reconfigure(at: number, change: MembershipChange, withinMs: number): Promise<string | null>;
  /** Needs capability `disk`. */
  setDisk(sid: number, condition: DiskCondition): Promise<void>;
  /** As it is now. Needs capability `disk`. */
  diskOf(sid: number): Promise<Required<DiskCondition>>;
  /** Removes all data of a server that does not run; its id stays. Needs capability `wipe`. */
  wipe(sid: number): Promise<void>;
  /**
   * Changes one byte that was on the medium already: a sentence on what and where, null when the server has no
   * such file. Needs capability `bitRot`.
   */
  rot(sid: number, what: 'log' | 'snapshot', random: Random): Promise<string | null>;
  /** Replaces all conditions; an empty list heals. Needs capability `links`. */
  setLinks(conditions: readonly LinkCondition[]): Promise<void>;
  /** How long a probe takes from one server to another; null when none arrives. Needs capability `links`. */
  linkDelayMs(from: number, to: number): Promise<number | null>;
  /** Tears down every connection between two servers, and says how many. Needs capability `links`. */
  resetLinks(one: number, other: number): Promise<number>;
  /** Moves the wall clock. Needs capability `clock`. */
  jumpClock(sid: number, byMs: number): Promise<void>;
  /** Lets both clocks run `rate` times as fast as true time. Needs capability `clock`. */
  driftClock(sid: number, rate: number): Promise<void>;
  /** By how much the wall clock is ahead of true time. Needs capability `clock`. */
  clockOffsetMs(sid: number): Promise<number>;
  /**
   * The next report that matches, at the very moment at which it is made; null when none came in time. Needs
   * capability `traces` in a world that knows their order.
   */
  awaitTrace(matches: (event: TraceEvent) => boolean, withinMs: number): Promise<TraceEvent | null>;
}

/** For worlds without them: each refuses by name. */
export abstract class WithoutDeeperFaults implements DeeperFaults {
  abstract readonly world: string;

  reconfigure(at: number, _change: MembershipChange, _withinMs: number): Promise<string | null> {
    return this.#refuse(`change the membership through server ${at}`);
  }

  setDisk(sid: number): Promise<void> {
    return this.#refuse(`change the disk of server ${sid}`);
  }

  diskOf(sid: number): Promise<Required<DiskCondition>> {
    return this.#refuse(`look at the disk of server ${sid}`);
  }

  wipe(sid: number): Promise<void> {
    return this.#refuse(`wipe the disk of server ${sid}`);
  }

  rot(sid: number): Promise<string | null> {
    return this.#refuse(`damage files of server ${sid}`);
  }

  /** Healing what was never changed is done already. */
  async setLinks(conditions: readonly LinkCondition[]): Promise<void> {
    const [first] = conditions;
    if (first !== undefined)
      await this.#refuse(`slow or stall the link from server ${first.from} to server ${first.to}`);
  }

  linkDelayMs(from: number, to: number): Promise<number | null> {
    return this.#refuse(`probe the link from server ${from} to server ${to}`);
  }

  resetLinks(one: number, other: number): Promise<number> {
    return this.#refuse(`reset the connections between servers ${one} and ${other}`);
  }

  jumpClock(sid: number): Promise<void> {
    return this.#refuse(`move the clock of server ${sid}`);
  }

  driftClock(sid: number): Promise<void> {
    return this.#refuse(`change the speed of the clock of server ${sid}`);
  }

  clockOffsetMs(sid: number): Promise<number> {
    return this.#refuse(`compare the clock of server ${sid}`);
  }

  awaitTrace(_matches: (event: TraceEvent) => boolean, _withinMs: number): Promise<TraceEvent | null> {
    return this.#refuse('follow what servers report as they report it');
  }

  #refuse(what: string): Promise<never> {
    return Promise.reject(new Error(`the ${this.world} world cannot ${what}`));
  }
}
