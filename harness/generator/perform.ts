// One operation from invocation to completion, recorded at both ends. A failure is `fail` when the client knows
// that nothing happened, else `info`: the difference between the two is what keeps a checker honest.

import { ClientError } from '../client/client.ts';
import type { Client } from '../client/client.ts';
import type { Completion, HistoryRecorder } from '../history/recorder.ts';
import type { Operation } from '../history/operation.ts';
import type { Request, WorkloadRun } from '../../workloads/workload.ts';

/** The id that a client has before its first connection. */
const noSession = '0'.repeat(16);

export interface Performance {
  readonly completion: Operation;
  /** The workload threw something that is no failure of an operation: a fault of the harness. */
  readonly crash: Error | null;
}

export async function performOperation(options: {
  readonly recorder: HistoryRecorder;
  readonly workload: WorkloadRun;
  readonly client: Client;
  readonly process: number;
  readonly request: Request;
}): Promise<Performance> {
  const { recorder, workload, process, request } = options;
  const client = workload.clientFor?.(options.client, request) ?? options.client;
  const invocation = recorder.invoke(process, request.f, request.value);
  try {
    const outcome = await workload.invoke(client, request);
    return { completion: recorder.complete(invocation, completionOf('ok', outcome, client)), crash: null };
  } catch (thrown) {
    const { value } = request;
    if (thrown instanceof ClientError) {
      const { definite, message, zxid } = thrown;
      const completion = completionOf(definite ? 'fail' : 'info', { value, zxid }, client, message);
      return { completion: recorder.complete(invocation, completion), crash: null };
    }
    const crash = thrown instanceof Error ? thrown : new Error(String(thrown));
    const completion = completionOf('info', { value }, client, `crashed: ${crash.message}`);
    return { completion: recorder.complete(invocation, completion), crash };
  }
}

/** With session and server at the moment of completion; a client without them leaves them out. */
function completionOf(
  type: Completion['type'],
  { value, zxid, version, stat }: Partial<Completion>,
  { sessionId, server }: Client,
  error?: string,
): Completion {
  return {
    type,
    value,
    error,
    zxid,
    version,
    stat,
    session: sessionId === noSession ? undefined : sessionId,
    server: server ?? undefined,
  };
}
