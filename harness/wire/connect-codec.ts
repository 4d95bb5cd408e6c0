// The handshake of a client connection: two records without any header. Encoders return whole frames,
// decoders take a frame's body. The readOnly byte is missing in the old form, in both directions.

import { JuteReader, JuteWriter } from './jute.ts';
import type { ConnectRequest, ConnectResponse } from './records.ts';

export function encodeConnectRequestFrame(request: ConnectRequest): Buffer {
  const writer = new JuteWriter(64);
  writer.writeInt(0);
  writer.writeInt(request.protocolVersion);
  writer.writeLong(request.lastZxidSeen);
  writer.writeInt(request.timeoutMs);
  writer.writeSessionId(request.sessionId);
  writer.writeBuffer(request.password);
  if (request.readOnly !== undefined) writer.writeBoolean(request.readOnly);
  writer.patchInt(0, writer.length - 4);
  return writer.toBuffer();
}

export function decodeConnectRequest(body: Buffer): ConnectRequest {
  const reader = new JuteReader(body);
  const request = {
    protocolVersion: reader.readInt(),
    lastZxidSeen: reader.readLong(),
    timeoutMs: reader.readInt(),
    sessionId: reader.readSessionId(),
    password: reader.readBuffer(),
  };
  return reader.remaining === 0 ? request : { ...request, readOnly: reader.readBoolean() };
}

export function encodeConnectResponseFrame(response: ConnectResponse): Buffer {
  const writer = new JuteWriter(64);
  writer.writeInt(0);
  writer.writeInt(response.protocolVersion);
  writer.writeInt(response.timeoutMs);
  writer.writeSessionId(response.sessionId);
  writer.writeBuffer(response.password);
  if (response.readOnly !== undefined) writer.writeBoolean(response.readOnly);
  writer.patchInt(0, writer.length - 4);
  return writer.toBuffer();
}

export function decodeConnectResponse(body: Buffer): ConnectResponse {
  const reader = new JuteReader(body);
  const response = {
    protocolVersion: reader.readInt(),
    timeoutMs: reader.readInt(),
    sessionId: reader.readSessionId(),
    password: reader.readBuffer() ?? Buffer.alloc(0),
  };
  return reader.remaining === 0 ? response : { ...response, readOnly: reader.readBoolean() };
}

/** The body of createSession, which only servers send, to their leader. */
export function encodeCreateSessionBody(timeoutMs: number): Buffer {
  const writer = new JuteWriter(4);
  writer.writeInt(timeoutMs);
  return writer.toBuffer();
}

export function decodeCreateSessionBody(body: Buffer): number {
  return new JuteReader(body).readInt();
}
