// Packets between a learner and its leader. They follow one another without a length, and a SNAP packet is
// followed by a raw snapshot stream, so only a decoder that knows the formats can find their borders:
// `QuorumStreamDecoder` in `quorum-codec.ts`.

import type { SessionId } from './session-id.ts';

export interface AuthId {
  readonly scheme: string;
  readonly id: string;
}

/** A packet as the wire has it; `data` is opaque here, its codecs are in `quorum-codec.ts`. */
export interface QuorumPacket {
  readonly type: number;
  readonly zxid: number;
  readonly data: Buffer | null;
  readonly authinfo: readonly AuthId[] | null;
}

export interface LearnerInfo {
  readonly sid: number;
  readonly protocolVersion: number;
  readonly configVersion: number;
}

/** A client's request as a learner forwards it. `body` is the client's request body, undecoded. */
export interface ForwardedRequest {
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly opcode: number;
  readonly body: Buffer;
  readonly authinfo: readonly AuthId[] | null;
}

export interface SessionTouch {
  readonly sessionId: SessionId;
  readonly timeoutMs: number;
}

/** An election notification. `config` is the sender's membership text, null in the forms without it. */
export interface Notification {
  readonly state: number;
  readonly leader: number;
  readonly zxid: number;
  readonly electionEpoch: number;
  readonly peerEpoch: number;
  readonly version: number;
  readonly config: string | null;
}

/** What the dialling side of an election connection sends first. */
export interface ElectionHello {
  readonly protocolVersion: number;
  readonly sid: number;
  /** `host:port` of the sender's election address; several for protocol version −65535. */
  readonly addresses: readonly string[];
}
