// An observer on the simulated wire: finds the messages in the bytes that servers send one another. It draws
// nothing and delays nothing, so a run that is watched is the same run.

import type { ServerMessage } from '../history/server-message.ts';
import { PacketType } from '../wire/constants.ts';
import {
  decodeNotification,
  ElectionStreamDecoder,
  makeNotificationDecoder,
} from '../wire/election-codec.ts';
import { QuorumStreamDecoder } from '../wire/quorum-codec.ts';

/** As the simulated configuration has them. */
const quorumPort = 2888;
const electionPort = 3888;

/** One end of a connection, as much as is needed here. */
interface WatchedLink {
  readonly host: { readonly number: number };
  readonly remote: { readonly host: string };
  readonly dialledPort: number | null;
  readonly isAccepted: boolean;
}

export type SentMessage = { -readonly [Key in keyof ServerMessage]: ServerMessage[Key] };
type Found = Pick<ServerMessage, 'kind' | 'zxid' | 'vote'>;
type Decode = (bytes: Buffer) => Found[];

export class MessageLog {
  readonly #messages: SentMessage[] = [];
  readonly #decoders = new WeakMap<WatchedLink, Decode | null>();

  /** In the order in which they were sent. */
  get messages(): readonly ServerMessage[] {
    return this.#messages;
  }

  /** The messages that these bytes complete; null when there are none. */
  sent(link: WatchedLink, bytes: Buffer, nowNs: number): readonly SentMessage[] | null {
    let decode = this.#decoders.get(link);
    if (decode === undefined) {
      decode = makeDecoder(link);
      this.#decoders.set(link, decode);
    }
    if (decode === null) return null;
    const from = link.host.number;
    const to = Number(link.remote.host.replace('server', ''));
    const messages: SentMessage[] = [];
    for (const found of decodeSafely(decode, bytes))
      messages.push({ ...found, from, to, sentNs: nowNs, arrivedNs: null });
    this.#messages.push(...messages);
    return messages.length === 0 ? null : messages;
  }

  arrived(messages: readonly SentMessage[], nowNs: number): void {
    for (const message of messages) message.arrivedNs = nowNs;
  }
}

/** Bytes that are no message are for the servers to refuse; here they are nothing. */
function decodeSafely(decode: Decode, bytes: Buffer): Found[] {
  try {
    return decode(bytes);
  } catch {
    return [];
  }
}

/** Null: a client's connection. */
function makeDecoder(link: WatchedLink): Decode | null {
  if (link.dialledPort === quorumPort) return makePacketDecoder();
  if (link.dialledPort !== electionPort) return null;
  if (link.isAccepted) {
    const frames = makeNotificationDecoder();
    return (bytes) => frames.push(bytes).map(readVote);
  }
  const stream = new ElectionStreamDecoder();
  return (bytes) =>
    stream.push(bytes).flatMap((item) => (item.type === 'frame' ? [readVote(item.body)] : []));
}

function readVote(body: Buffer): Found {
  const { zxid, leader } = decodeNotification(body);
  return { kind: 'VOTE', zxid, vote: leader };
}

function makePacketDecoder(): Decode {
  const stream = new QuorumStreamDecoder();
  return (bytes) =>
    stream.push(bytes).flatMap((item) => {
      if (item.type !== 'packet' || item.packet.type === PacketType.PING) return [];
      return [{ kind: kinds.get(item.packet.type) ?? 'unknown', zxid: item.packet.zxid }];
    });
}

const kinds: ReadonlyMap<number, string> = new Map(
  Object.entries(PacketType).map(([name, type]) => [type, name]),
);
