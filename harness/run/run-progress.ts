// What a run says while it runs. The command line turns it into a live line; tests ignore it.

import type { Ensemble, TraceWatch } from '../ensemble/ensemble.ts';
import type { ScriptedOperation } from '../generator/scripted-operation.ts';
import type { Operation } from '../history/operation.ts';
import type { ScriptedFault } from '../nemesis/scripted-fault.ts';
import type { MessageLog } from '../simulation/message-log.ts';

export type RunPhase =
  | 'provisioning'
  | 'starting'
  | 'running'
  | 'recovering'
  | 'final reads'
  | 'collecting'
  | 'checking'
  | 'reporting';

export interface RunProgress {
  readonly phase: RunPhase;
  /** Of the run's clock. */
  readonly elapsedMs: number;
  readonly timeLimitMs: number;
  readonly ok: number;
  readonly fail: number;
  readonly info: number;
  /** The fault that is in force. */
  readonly fault: string | null;
}

export interface RunHooks {
  readonly progress?: (progress: RunProgress) => void;
  /** What takes long before the run can start, such as building an image. */
  readonly message?: (line: string) => void;
  /** Interrupts the run: it tears down what it started and throws `RunInterrupted`. */
  readonly signal?: AbortSignal;
  /** False: nothing is written anywhere; for the many runs of a campaign. A simulated run can be had again. */
  readonly keepsFiles?: boolean;
  /** Entries of the history; of a run that keeps files and has more of them, they are read from the file. */
  readonly mostInMemory?: number;
  /** Where the mutant that the options name was made already; for the many runs of a hunt. */
  readonly mutantRoot?: string;
  /** Told of operations and faults as they would stand in a script. */
  readonly drawnOperation?: (operation: ScriptedOperation) => void;
  readonly drawnFault?: (fault: ScriptedFault) => void;
  /** Sees what servers send one another, in the simulated world. */
  readonly messages?: MessageLog;
  /** Shown every report of the servers, in the simulated world. */
  readonly report?: TraceWatch;
  /** Called when the run is over, before its ensemble goes. */
  readonly over?: (ensemble: Ensemble, history: readonly Operation[]) => void;
}

export class RunInterrupted extends Error {
  override readonly name = 'RunInterrupted';
  /** Folder of what was recorded until then. */
  readonly folder: string;

  constructor(folder: string) {
    super(`interrupted; what was recorded until then is in ${folder}`);
    this.folder = folder;
  }
}
