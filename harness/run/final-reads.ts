// The final reads: every server is asked for everything, through a client that is bound to it. Before that the
// workload's sessions are closed, so that no operation in doubt can take effect between two servers' reads; a
// write is committed, every server has applied it and stands still, and each client syncs.

import { ClientError } from '../client/client.ts';
import type { Client } from '../client/client.ts';
import type { Ensemble } from '../ensemble/ensemble.ts';
import { performOperation } from '../generator/perform.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import type { WorkloadRun } from '../../workloads/workload.ts';
import { sidsOf } from '../nemesis/targets.ts';
import { awaitStill, commitMarker } from './recovery.ts';

const attempts = 5;

export interface FinalReadOptions {
  readonly ensemble: Ensemble;
  readonly recorder: HistoryRecorder;
  readonly workload: WorkloadRun;
  /** Reaches any server; it commits the write that all servers must have applied. */
  readonly client: () => Client;
  readonly takeProcess: () => number;
  readonly sessionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly deadlineMs: number;
}

/** What a workload threw that is no failure of an operation, if anything. */
export async function performFinalReads(options: FinalReadOptions): Promise<Error | null> {
  const { ensemble, sessionTimeoutMs, requestTimeoutMs, deadlineMs } = options;
  const deadlineNs = ensemble.clock.nowNs() + deadlineMs * 1e6;
  const readers = sidsOf(ensemble).map((sid) =>
    ensemble.client({ servers: [sid], sessionTimeoutMs, requestTimeoutMs }),
  );
  // Opening a session is a transaction as well, so the readers come first.
  await Promise.all(readers.map((reader) => syncReader(reader, options, deadlineNs)));
  const zxid = await commitMarker(ensemble, options.client, deadlineNs);
  if (zxid !== null) await awaitStill(ensemble, zxid, deadlineNs);
  const crashes = await Promise.all(readers.map((reader) => readAll(reader, options, deadlineNs)));
  await Promise.all(readers.map((reader) => reader.close()));
  return crashes.find((crash) => crash !== null) ?? null;
}

async function readAll(reader: Client, options: FinalReadOptions, deadlineNs: number): Promise<Error | null> {
  const { recorder, workload, takeProcess } = options;
  await syncReader(reader, options, deadlineNs);
  let process = takeProcess();
  for (const request of workload.finalReads()) {
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const { completion, crash } = await performOperation({
        recorder,
        workload,
        client: reader,
        process,
        request,
      });
      if (crash !== null) return crash;
      if (completion.type === 'info') process = takeProcess();
      if (completion.type === 'ok') break;
    }
  }
  return null;
}

/** A server that does not answer is left to the reads themselves to fail. */
async function syncReader(
  reader: Client,
  { ensemble: { clock, tickMs } }: FinalReadOptions,
  deadlineNs: number,
): Promise<void> {
  for (;;) {
    try {
      await reader.sync('/');
      return;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (clock.nowNs() >= deadlineNs || error.kind === 'session-expired') return;
      await clock.sleep(tickMs / 4);
    }
  }
}
