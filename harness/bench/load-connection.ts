// One client of the load: a raw connection that keeps a number of requests in flight, written and read in
// batches, because the generator shares the machine with the servers that it measures. A lost connection goes on
// at the next server with the same session, by the same rules whatever system is at the other end.

import { createConnection, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { SocketAddress } from '../client/tcp-transport.ts';
import {
  decodeConnectResponse,
  encodeConnectRequestFrame,
  encodeRequestFrame,
} from '../wire/client-codec.ts';
import { noSession, type SessionId } from '../wire/session-id.ts';
import { ReplyReader } from './reply-reader.ts';

export interface LoadConnectionOptions {
  /** Tried in turn, from `first` on. */
  readonly addresses: readonly SocketAddress[];
  readonly first: number;
  readonly inFlight: number;
  /** The next request's frame, whose xid is filled in here; null when there is none left. */
  readonly nextFrame: () => Buffer | null;
  /** A reply without error. */
  readonly answered: (sentMs: number, nowMs: number) => void;
  /** A reply with an error. */
  readonly refused: (err: number) => void;
  /** A connection that was attached is gone; its requests in flight are in doubt. */
  readonly lost: () => void;
}

const sessionTimeoutMs = 30_000;
const redialMs = 10;
/** From the dial to the answer of the handshake, which waits for a commit when the session is new. */
const handshakeMs = 3_000;
const closeFrame = encodeRequestFrame(0, { type: 'closeSession' });
const arrivalBytes = 64 * 1024;
const noPassword = Buffer.alloc(16);

export class LoadConnection {
  readonly #options: LoadConnectionOptions;
  readonly #sentMs: Float64Array;
  #serverIndex: number;
  #socket: Socket | null = null;
  readonly #reader: ReplyReader;
  /** Reused for whatever arrives: what is read has been looked at when the next bytes come. */
  readonly #arrivals = Buffer.allocUnsafeSlow(arrivalBytes);
  #isAttached = false;
  #isStopped = false;
  #sessionId: SessionId = noSession;
  #password: Buffer = noPassword;
  #nowMs = 0;
  #xid = 0;
  #answeredXid = 0;
  #timer: NodeJS.Timeout | undefined;
  #whenIdle: (() => void) | null = null;

  constructor(options: LoadConnectionOptions) {
    this.#options = options;
    this.#serverIndex = options.first;
    this.#sentMs = new Float64Array(options.inFlight);
    this.#reader = new ReplyReader({
      greeted: (body) => this.#greeted(body),
      replied: (xid, err) => this.#replied(xid, err),
    });
  }

  start(): void {
    this.#dial();
  }

  /** Sends nothing more; settles when every request in flight is answered, at the deadline at the latest. */
  async stop(deadlineMs: number): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    if (this.#isAttached && this.#inFlight > 0) await this.#idle(deadlineMs);
    if (this.#isAttached) {
      this.#socket?.end(closeFrame);
      this.#answeredXid = -1;
      this.#isAttached = false;
      await this.#idle(deadlineMs);
    }
    this.#socket?.destroy();
  }

  get #inFlight(): number {
    return this.#xid - this.#answeredXid;
  }

  #idle(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, deadlineMs);
      this.#whenIdle = () => {
        clearTimeout(timer);
        this.#whenIdle = null;
        resolve();
      };
    });
  }

  #dial(): void {
    const { addresses } = this.#options;
    const address = addresses[this.#serverIndex % addresses.length];
    if (address === undefined) return;
    this.#reader.reset();
    const socket = createConnection({
      ...address,
      noDelay: true,
      onread: {
        buffer: this.#arrivals,
        callback: (byteCount) => {
          this.#received(this.#arrivals.subarray(0, byteCount));
          return true;
        },
      },
    });
    this.#socket = socket;
    this.#timer = setTimeout(() => socket.destroy(), handshakeMs);
    socket.on('connect', () => socket.write(this.#greeting()));
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
  }

  #greeting(): Buffer {
    return encodeConnectRequestFrame({
      protocolVersion: 0,
      lastZxidSeen: 0,
      timeoutMs: sessionTimeoutMs,
      sessionId: this.#sessionId,
      password: this.#password,
      readOnly: false,
    });
  }

  #closed(): void {
    clearTimeout(this.#timer);
    const wasAttached = this.#isAttached;
    this.#isAttached = false;
    this.#whenIdle?.();
    if (this.#isStopped) return;
    if (wasAttached) this.#options.lost();
    this.#serverIndex += 1;
    this.#timer = setTimeout(() => this.#dial(), redialMs);
  }

  #received(bytes: Buffer): void {
    if (this.#answeredXid < 0) return;
    this.#nowMs = performance.now();
    this.#reader.push(bytes);
    if (!this.#isAttached) return;
    if (!this.#isStopped) this.#fill();
    else if (this.#inFlight === 0) this.#whenIdle?.();
  }

  #greeted(body: Buffer): void {
    clearTimeout(this.#timer);
    const { timeoutMs, sessionId, password } = decodeConnectResponse(body);
    // No timeout: the session has expired, and the server hangs up.
    this.#sessionId = timeoutMs > 0 ? sessionId : noSession;
    this.#password = timeoutMs > 0 ? Buffer.from(password) : noPassword;
    if (timeoutMs <= 0) return void this.#socket?.destroy();
    this.#isAttached = true;
    this.#xid = 0;
    this.#answeredXid = 0;
  }

  #replied(xid: number, err: number): void {
    const { inFlight, answered, refused } = this.#options;
    this.#answeredXid += 1;
    if (xid !== this.#answeredXid) {
      throw new Error(`a reply with xid ${xid} where ${this.#answeredXid} is next`);
    }
    if (err === 0) answered(this.#sentMs[xid % inFlight] ?? this.#nowMs, this.#nowMs);
    else refused(err);
  }

  /** As many requests as are missing, in one write. */
  #fill(): void {
    const { inFlight, nextFrame } = this.#options;
    const nowMs = this.#nowMs;
    const frames: Buffer[] = [];
    for (let count = inFlight - this.#inFlight; count > 0 && !this.#isStopped; count--) {
      const frame = nextFrame();
      if (frame === null) break;
      this.#xid += 1;
      this.#sentMs[this.#xid % inFlight] = nowMs;
      frames.push(frame);
    }
    if (frames.length === 0) return;
    // One copy, which is needed: a frame is shared, and its xid is this connection's.
    const bytes = Buffer.concat(frames);
    let at = 0;
    let xid = this.#xid - frames.length;
    for (const { length } of frames) {
      bytes.writeInt32BE(++xid, at + 4);
      at += length;
    }
    this.#socket?.write(bytes);
  }
}
