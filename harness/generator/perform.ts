// One operation from invocation to completion, recorded at both ends. A failure is `fail` when the client knows
// that nothing happened, else `info`: the difference between the two is what keeps a checker honest.

import { ClientError } from '../client/client.ts';
import type { Client } from '../client/client.ts';
import type { Completion, HistoryRecorder } from '../history/recorder.ts';
import type { Operation } from '../history/operation.ts';
import type { Outcome, Request, WorkloadRun } from '../../workloads/workload.ts';

/** The id that a client has before its first connection. */
const noSession = '0'.repeat(16);

export interface Performance {
  readonly completion: Operation;
  /** The error that ended it, if any. */
  readonly error: ClientError | null;
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
    return { completion: complete({ type: 'ok', ...outcome }), error: null, crash: null };
  } catch (thrown) {
    if (thrown instanceof ClientError) {
      const completion = complete({ type: thrown.definite ? 'fail' : 'info', ...failureOf(thrown, request) });
      return { completion, error: thrown, crash: null };
    }
    const crash = thrown instanceof Error ? thrown : new Error(String(thrown));
    const completion = complete({ type: 'info', value: request.value, error: `crashed: ${crash.message}` });
    return { completion, error: null, crash };
  }

  function complete(completion: Completion): Operation {
    return recorder.complete(invocation, { ...completion, ...whereabouts(client) });
  }
}

function failureOf(error: ClientError, request: Request): Outcome & { readonly error: string } {
  return {
    value: request.value,
    error: error.message,
    ...(error.zxid === undefined ? {} : { zxid: error.zxid }),
  };
}

/** Session and server at the moment of completion; a client without them leaves them out. */
function whereabouts(client: Client): Pick<Completion, 'session' | 'server'> {
  return {
    ...(client.sessionId === noSession ? {} : { session: client.sessionId }),
    ...(client.server === null ? {} : { server: client.server }),
  };
}
