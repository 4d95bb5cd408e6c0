// A leader reduced to its state: requests in, transactions prepared and applied at once or later, replies out.
// For tests; the real loop is in `docker/zab/src/server`.

import assert from 'node:assert/strict';
import { encodeRequestBody, opcodeOf } from '../../../../harness/wire/client-requests.ts';
import { OpCode } from '../../../../harness/wire/constants.ts';
import { JuteWriter } from '../../../../harness/wire/jute.ts';
import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import type { ClientRequest } from '../../../../harness/wire/records.ts';
import type { SessionId } from '../../../../harness/wire/session-id.ts';
import type { TxnRecord } from '../../../../harness/wire/txn.ts';
import type { Applied } from '../../../../docker/zab/src/core/events.ts';
import { StateDatabase } from '../../../../docker/zab/src/state/database.ts';
import type { ReplyContent } from '../../../../docker/zab/src/state/local-reads.ts';
import { replyFor } from '../../../../docker/zab/src/state/replies.ts';
import { RequestPreparer, type PreparerOptions } from '../../../../docker/zab/src/state/request-preparer.ts';

export const session: SessionId = '0100000000000001';
export const otherSession: SessionId = '0100000000000002';
/** Wall clock of transaction 1; each later one is a millisecond later. */
export const startTimeMs = 1_700_000_000_000;

export interface Submission {
  readonly session?: SessionId;
  readonly ids?: readonly AuthId[];
  readonly ownerOk?: boolean;
}

type StateServerOptions = { readonly extendedTypes?: boolean } & Omit<PreparerOptions, 'database'>;

export class StateServer {
  readonly database: StateDatabase;
  readonly preparer: RequestPreparer;
  readonly inFlight: TxnRecord[] = [];
  /** Applied or not, in order. */
  readonly recordsPrepared: TxnRecord[] = [];
  #zxid = 0;

  constructor({ extendedTypes = false, ...options }: StateServerOptions = {}) {
    this.database = new StateDatabase({ extendedTypes });
    this.preparer = new RequestPreparer({ database: this.database, ...options });
  }

  /** With both sessions open. */
  static serving(options: StateServerOptions = {}): StateServer {
    const server = new StateServer(options);
    server.openSession(session);
    server.openSession(otherSession);
    return server;
  }

  openSession(sessionId: SessionId): Applied {
    return this.#applied(this.prepareOpen(sessionId));
  }

  closeSession(sessionId: SessionId): Applied {
    return this.#applied(this.prepareClose(sessionId));
  }

  prepareOpen(sessionId: SessionId): TxnRecord {
    const body = new JuteWriter();
    body.writeInt(10_000);
    return this.prepareRaw(OpCode.CREATE_SESSION, body.toBuffer(), { session: sessionId });
  }

  prepareClose(sessionId: SessionId): TxnRecord {
    return this.prepareRaw(OpCode.CLOSE_SESSION, Buffer.alloc(0), { session: sessionId });
  }

  prepare(request: ClientRequest, submission: Submission = {}): TxnRecord {
    return this.prepareRaw(opcodeOf(request), encodeRequestBody(request), submission);
  }

  prepareRaw(opcode: number, body: Buffer, submission: Submission = {}): TxnRecord {
    const zxid = ++this.#zxid;
    const request = {
      sessionId: submission.session ?? session,
      cxid: zxid,
      opcode,
      body,
      authinfo: submission.ids ?? [],
      ownerOk: submission.ownerOk ?? true,
    };
    const record = this.preparer.prepare(request, zxid, startTimeMs + zxid - 1);
    this.inFlight.push(record);
    this.recordsPrepared.push(record);
    return record;
  }

  applyOldest(): Applied {
    const record = this.inFlight.shift();
    if (record === undefined) throw new Error('nothing is in flight');
    return this.database.apply(record);
  }

  /** Prepares and applies, behind everything that is in flight. */
  write(request: ClientRequest, submission: Submission = {}): ReplyContent & Applied {
    const applied = this.#applied(this.prepare(request, submission));
    const reply = replyFor(request, applied.result);
    assert(reply !== null, `the transaction of a ${request.type} answers it`);
    return { ...applied, ...reply };
  }

  #applied(record: TxnRecord): Applied {
    let applied = this.applyOldest();
    while (this.database.lastProcessedZxid < record.header.zxid) applied = this.applyOldest();
    return applied;
  }
}
