// Election connections: an initial message from the dialling side, then frames with notifications in both
// directions. Facts: consensus protocol, "Election connections" and "Notification message".

import { FrameDecoder } from './frame.ts';
import { JuteError, JuteReader, JuteWriter } from './jute.ts';
import type { ElectionHello, Notification } from './quorum-packet.ts';
import { epochOf } from './zxid.ts';

/** Protocol version of an initial message with one address. */
export const oneAddressVersion = -65_536;
/** Protocol version of an initial message with several addresses. */
const manyAddressesVersion = -65_535;

const maxAddressBytes = 2_048;
const minElectionFrameBytes = 1;
const maxElectionFrameBytes = 524_288;

/** For either side: frames of the lengths that election connections allow. */
export function makeNotificationDecoder(): FrameDecoder {
  return new FrameDecoder(maxElectionFrameBytes, minElectionFrameBytes);
}

/** In the old form, a protocol version of 0 or more, the sid alone is sent. */
export function encodeElectionHello(hello: ElectionHello): Buffer {
  const writer = new JuteWriter(64);
  if (hello.protocolVersion >= 0) {
    writer.writeLong(hello.sid);
    return writer.toBuffer();
  }
  writer.writeLong(hello.protocolVersion);
  writer.writeLong(hello.sid);
  writer.writeString(hello.addresses.join('|'));
  return writer.toBuffer();
}

/** Null: more bytes are needed. Throws JuteError as soon as the bytes cannot become an initial message. */
export function decodeElectionHello(bytes: Buffer): { hello: ElectionHello; consumed: number } | null {
  if (bytes.length < 8) return null;
  const reader = new JuteReader(bytes);
  const protocolVersion = reader.readLong();
  if (protocolVersion >= 0) {
    return { hello: { protocolVersion: 0, sid: protocolVersion, addresses: [] }, consumed: 8 };
  }
  if (protocolVersion !== oneAddressVersion && protocolVersion !== manyAddressesVersion) {
    throw new JuteError(`an initial message of unknown protocol version ${protocolVersion}`, 0);
  }
  if (reader.remaining < 12) return null;
  const sid = reader.readLong();
  const length = bytes.readInt32BE(reader.offset);
  if (length < 1 || length > maxAddressBytes) {
    throw new JuteError(`an address of ${length} bytes, expected 1 to ${maxAddressBytes}`, reader.offset);
  }
  if (reader.remaining < 4 + length) return null;
  const text = reader.readString() ?? '';
  const addresses = protocolVersion === manyAddressesVersion ? text.split('|') : [text];
  for (const address of addresses) checkAddress(address);
  return { hello: { protocolVersion, sid, addresses }, consumed: reader.offset };
}

function checkAddress(address: string): void {
  const port = Number(/^.+:(\d{1,5})$/.exec(address)?.[1] ?? Number.NaN);
  if (!(port <= 65_535)) throw new JuteError(`an address "${address}", expected host:port`, 20);
}

export type ElectionItem =
  | { readonly type: 'hello'; readonly hello: ElectionHello }
  /** Undecoded: a malformed notification is ignored, it does not end the connection. */
  | { readonly type: 'frame'; readonly body: Buffer };

/** The accepting side: first the initial message, then frames. Throws JuteError or FrameError. */
export class ElectionStreamDecoder {
  readonly #frames = makeNotificationDecoder();
  #helloBytes: Buffer | null = Buffer.alloc(0);

  push(chunk: Buffer): ElectionItem[] {
    if (this.#helloBytes === null) return this.#frames.push(chunk).map(frameItem);
    const bytes = this.#helloBytes.length === 0 ? chunk : Buffer.concat([this.#helloBytes, chunk]);
    const decoded = decodeElectionHello(bytes);
    if (decoded === null) {
      // Copied, since a chunk belongs to its sender; at most 20 + 2048 bytes.
      this.#helloBytes = Buffer.from(bytes);
      return [];
    }
    this.#helloBytes = null;
    const hello: ElectionItem = { type: 'hello', hello: decoded.hello };
    return [hello, ...this.#frames.push(bytes.subarray(decoded.consumed)).map(frameItem)];
  }
}

function frameItem(body: Buffer): ElectionItem {
  return { type: 'frame', body };
}

const bytesWithoutPeerEpoch = 28;
const bytesWithoutConfig = 40;

/** With its four bytes of length. Without a config this is the form of 40 bytes. */
export function encodeNotificationFrame(notification: Notification): Buffer {
  const writer = new JuteWriter(48 + (notification.config?.length ?? 0));
  writer.writeInt(0);
  writer.writeInt(notification.state);
  writer.writeLong(notification.leader);
  writer.writeLong(notification.zxid);
  writer.writeLong(notification.electionEpoch);
  writer.writeLong(notification.peerEpoch);
  writer.writeInt(notification.version);
  if (notification.config !== null) writer.writeString(notification.config);
  writer.patchInt(0, writer.length - 4);
  return writer.toBuffer();
}

/** Throws JuteError on a malformed one, which the receiver is to ignore. */
export function decodeNotification(body: Buffer): Notification {
  const reader = new JuteReader(body);
  const vote = {
    state: reader.readInt(),
    leader: reader.readLong(),
    zxid: reader.readLong(),
    electionEpoch: reader.readLong(),
  };
  if (body.length === bytesWithoutPeerEpoch) {
    return { ...vote, peerEpoch: epochOf(vote.zxid), version: 0, config: null };
  }
  const epochAndVersion = { peerEpoch: reader.readLong(), version: reader.readInt() };
  if (body.length === bytesWithoutConfig) return { ...vote, ...epochAndVersion, config: null };
  const at = reader.offset;
  const config = reader.readString();
  if (config === null) throw new JuteError('a notification with a config of length -1', at);
  return { ...vote, ...epochAndVersion, config };
}
