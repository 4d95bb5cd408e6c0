// A client of a real server that speaks the raw codecs: for tests that must see every frame.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import {
  decodeConnectResponse,
  decodeReplyBody,
  decodeReplyHeader,
  encodeConnectRequestFrame,
  encodeRequestFrame,
} from '../../../../harness/wire/client-codec.ts';
import { FrameDecoder } from '../../../../harness/wire/frame.ts';
import type {
  ClientRequest,
  ConnectResponse,
  ReplyBody,
  ReplyHeader,
} from '../../../../harness/wire/records.ts';
import { noSession } from '../../../../harness/wire/session-id.ts';

export interface Reply extends ReplyHeader {
  readonly body: ReplyBody;
}

/** An open socket whose bytes are gathered. */
export class RawSocket {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder(64 * 1024 * 1024);
  readonly #frames: Buffer[] = [];
  readonly #chunks: Buffer[] = [];
  #wake: () => void = () => {};
  isClosed = false;

  private constructor(socket: Socket, isFramed: boolean) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      if (isFramed) this.#frames.push(...this.#decoder.push(bytes));
      else this.#chunks.push(bytes);
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  static open(port: number, isFramed = true): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.once('connect', () => resolve(new RawSocket(socket, isFramed)));
      socket.once('error', reject);
    });
  }

  write(bytes: Buffer | string): void {
    this.#socket.write(bytes);
  }

  /** The next frame; null when the connection closed first. */
  async frame(): Promise<Buffer | null> {
    await this.#until(() => this.#frames.length > 0 || this.isClosed, 'a frame');
    return this.#frames.shift() ?? null;
  }

  async closed(): Promise<string> {
    await this.#until(() => this.isClosed, 'the end of the connection');
    return Buffer.concat(this.#chunks).toString();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #until(isTrue: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + 5_000;
    while (!isTrue()) {
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) throw new Error(`waited 5 s for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

export class RawClient {
  readonly socket: RawSocket;
  readonly session: ConnectResponse;
  #xid = 0;

  private constructor(socket: RawSocket, session: ConnectResponse) {
    this.socket = socket;
    this.session = session;
  }

  /** Null when the server closed the connection without an answer. */
  static async tryConnect(
    port: number,
    previous?: ConnectResponse,
    lastZxidSeen = 0,
  ): Promise<RawClient | null> {
    let socket: RawSocket;
    try {
      socket = await RawSocket.open(port);
    } catch {
      return null;
    }
    socket.write(
      encodeConnectRequestFrame({
        protocolVersion: 0,
        lastZxidSeen,
        timeoutMs: 4_000,
        sessionId: previous?.sessionId ?? noSession,
        password: previous?.password ?? Buffer.alloc(16),
        readOnly: false,
      }),
    );
    const frame = await socket.frame();
    return frame === null ? null : new RawClient(socket, decodeConnectResponse(frame));
  }

  /** Waits until the server serves. */
  static async connect(port: number, previous?: ConnectResponse): Promise<RawClient> {
    const deadline = Date.now() + 8_000;
    while (Date.now() < deadline) {
      const client = await RawClient.tryConnect(port, previous);
      if (client !== null) return client;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`the server on port ${port} did not serve within 8 s`);
  }

  send(request: ClientRequest, xid = ++this.#xid): void {
    this.socket.write(encodeRequestFrame(xid, request));
  }

  async reply(request: ClientRequest): Promise<Reply> {
    const frame = await this.socket.frame();
    assert(frame !== null, `the connection closed before the reply to ${request.type}`);
    const header = decodeReplyHeader(frame);
    const body: ReplyBody = header.err === 0 ? decodeReplyBody(request.type, frame) : { type: 'none' };
    return { ...header, body };
  }

  async call(request: ClientRequest): Promise<Reply> {
    this.send(request);
    return this.reply(request);
  }
}
