// What every nemesis is made of. A nemesis is a name on the command line; when its turn comes it looks at the
// ensemble and plans one fault. A fault can be injected, must prove that it bit, and can be healed.

import type { Capability, Ensemble } from '../ensemble/ensemble.ts';
import type { ClientFaults } from '../client/client-faults.ts';
import type { Deal } from './dealer.ts';
import type { Random } from '../random/random.ts';

/** What a fault may use beside the ensemble. */
export interface FaultTools {
  readonly ensemble: Ensemble;
  readonly random: Random;
  /** Draws shapes: each once before any comes again. */
  readonly deal: Deal;
  readonly clients: ClientFaults;
  /** Stops and restarts new client operations: some defects only show while nothing is written. */
  readonly setQuiet: (isQuiet: boolean) => void;
  /** False once the run was interrupted; loops that wait give up then. */
  readonly isWanted: () => boolean;
}

/** One blow of a fault that strikes more than once. */
export interface FaultStrike {
  /** `kill`, `power-loss`, `cut` …; what a campaign counts. */
  readonly kind: string;
  readonly sid: number;
  readonly timeNs: number;
  /** How many reports the servers had made by then: a blow and what answers it may share a moment. */
  readonly reports: number;
}

export interface Fault {
  readonly nemesis: string;
  /** What exactly: `leader isolated`, `kill -9 of a minority`. */
  readonly shape: string;
  readonly targets: readonly number[];
  /** A majority is left that can reach one another: operations must be acknowledged while it lasts. */
  readonly keepsQuorum: boolean;
  /** How long it should last: `long` outlives an election, `short` does not pay to be longer. */
  readonly duration: 'long' | 'short';
  /** Of a fault that strikes more than once: each blow so far. */
  readonly strikes?: readonly FaultStrike[];
  inject(tools: FaultTools): Promise<void>;
  /** What was observed that shows that it took effect; null when nothing shows it. */
  prove(tools: FaultTools): Promise<string | null>;
  /** Undoes it. Must be safe to call after an injection that failed half way. */
  heal(tools: FaultTools): Promise<void>;
}

export interface Nemesis {
  readonly name: string;
  /** One line for `ordeal list nemeses`. */
  readonly description: string;
  readonly needs: readonly Capability[];
  /** It counts on those that it leaves to be a quorum, whatever the workload does. */
  readonly needsFixedMembers?: true;
  /** With fewer voting servers there is nothing that it could do. */
  readonly leastParticipants: number;
  /** Chooses shape and targets; the leader is whoever leads now. */
  plan(tools: FaultTools): Promise<Fault>;
}
