// Whole servers in a `MemoryWorld`, and clients that record every frame they get.

import assert from 'node:assert/strict';
import { parseZooConfig, withServerId } from '../../../../docker/zab/src/server/config.ts';
import type { Address, Link } from '../../../../docker/zab/src/server/ports.ts';
import { ZabServer } from '../../../../docker/zab/src/server/server.ts';
import {
  decodeConnectResponse,
  decodeReplyBody,
  decodeReplyHeader,
  decodeWatcherEvent,
  encodeConnectRequestFrame,
  encodeRequestFrame,
} from '../../../../harness/wire/client-codec.ts';
import { FrameDecoder } from '../../../../harness/wire/frame.ts';
import type { ClientRequest, ConnectResponse, ReplyBody } from '../../../../harness/wire/records.ts';
import { noSession } from '../../../../harness/wire/session-id.ts';
import { MemoryDisk } from './memory-disk.ts';
import type { MemoryWorld } from './memory-world.ts';

const clientPort = 2181;
const configPath = '/conf/zoo.cfg';

export class MemoryServer {
  readonly world: MemoryWorld;
  readonly host: string;
  readonly disk: MemoryDisk;
  readonly log: string[] = [];
  readonly trace: Readonly<Record<string, unknown>>[] = [];
  /** What each batch of disk operations takes. */
  diskMs = 2;
  exited: { code: number; reason: string } | null = null;
  server: ZabServer;
  readonly #options: ServerOptions;

  constructor(world: MemoryWorld, options: ServerOptions = {}) {
    this.world = world;
    this.#options = options;
    this.host = `zab${options.sid ?? 1}`;
    this.disk = options.disk ?? new MemoryDisk();
    this.server = this.#start();
  }

  restart(): void {
    this.server.stop();
    this.server = this.#start();
  }

  #start(): ZabServer {
    const { sid, lines = [], servers } = this.#options;
    const members = (servers ?? []).map((id) => `server.${id}=zab${id}:2888:3888`);
    const text = [
      `dataDir=/data`,
      ...(this.#options.clientAddress === undefined
        ? [`clientPort=${clientPort}`, `clientPortAddress=${this.host}`]
        : []),
      'tickTime=200',
      'initLimit=10',
      'syncLimit=5',
      '4lw.commands.whitelist=*',
      ...(this.#options.serverLines ?? members),
      ...lines,
    ].join('\n');
    if (this.disk.read(configPath) === null) this.disk.files.set(configPath, contentOf(text));
    const config = parseZooConfig(text, configPath);
    let incarnationIsOver = false;
    const server = new ZabServer(
      sid === undefined ? config : withServerId(config, '/data/myid', String(sid)),
      {
        clock: this.world.clock(),
        network: this.world.networkOf(this.host),
        disk: {
          list: (directory) => this.disk.list(directory),
          read: (path) => this.disk.read(path),
          submit: (operations, done) => {
            this.disk.submit(operations, (error) => {
              if (!incarnationIsOver) done(error);
            });
            this.world.after(this.diskMs, () => void this.disk.step());
          },
        },
        random: () => 0.5,
        log: (level, message) => void this.log.push(`${level} ${message}`),
        trace: (event) => void this.trace.push(event),
        exit: (code, reason) => {
          incarnationIsOver = true;
          this.exited = { code, reason };
        },
      },
    );
    server.start();
    return server;
  }

  client(options: ConnectOptions = {}): MemoryClient {
    return new MemoryClient(
      this.world,
      this.#options.clientAddress ?? { host: this.host, port: clientPort },
      options,
    );
  }

  /** Sends a four-letter word and gives the answer. */
  word(letters: string): string {
    const socket = this.client({ raw: Buffer.from(letters) });
    this.world.run(20);
    assert(socket.isClosed, 'the connection closes behind the answer');
    return Buffer.concat(socket.chunks).toString();
  }
}

interface ServerOptions {
  readonly sid?: number;
  /** The one in its server line, in place of the clientPort that all have. */
  readonly clientAddress?: Address;
  /** In place of lines that are made from `servers`. */
  readonly serverLines?: readonly string[];
  /** Ids of the ensemble's servers; absent for a server alone. */
  readonly servers?: readonly number[];
  readonly lines?: readonly string[];
  readonly disk?: MemoryDisk;
}

interface ConnectOptions {
  readonly previous?: ConnectResponse;
  readonly lastZxidSeen?: number;
  readonly timeoutMs?: number;
  readonly readOnly?: boolean | null;
  readonly password?: Buffer;
  /** Bytes in place of a handshake. */
  readonly raw?: Buffer;
}

export interface Received {
  readonly xid: number;
  readonly zxid: number;
  readonly err: number;
  readonly body: ReplyBody;
}

export class MemoryClient {
  readonly #world: MemoryWorld;
  readonly chunks: Buffer[] = [];
  readonly frames: Buffer[] = [];
  session: ConnectResponse | null = null;
  isClosed = false;
  readonly #decoder = new FrameDecoder(64 * 1024 * 1024);
  readonly #isRaw: boolean;
  #link: Link | null = null;
  #nextXid = 1;
  readonly #asked: { xid: number; type: ClientRequest['type'] }[] = [];

  constructor(world: MemoryWorld, address: Address, options: ConnectOptions) {
    this.#world = world;
    this.#isRaw = options.raw !== undefined;
    world.networkOf('127.0.0.1').dial(address, 1_000, {
      opened: (link) => {
        this.#link = link;
        link.write(options.raw ?? handshake(options));
      },
      data: (_, bytes) => this.#receive(bytes),
      closed: () => void (this.isClosed = true),
    });
    world.run(20);
  }

  #receive(bytes: Buffer): void {
    this.chunks.push(bytes);
    if (this.#isRaw) return;
    for (const frame of this.#decoder.push(bytes)) {
      if (this.session === null) this.session = decodeConnectResponse(frame);
      else this.frames.push(frame);
    }
  }

  /** Everything in one write. */
  send(...requests: readonly ClientRequest[]): void {
    this.write(Buffer.concat(requests.map((request) => this.encode(request))));
  }

  /** A ping takes a number too, so that requests are known by their place; it is answered with −2. */
  encode(request: ClientRequest, number = this.#nextXid++): Buffer {
    const xid = request.type === 'ping' ? pingXid : number;
    this.#asked.push({ xid, type: request.type });
    return encodeRequestFrame(xid, request);
  }

  write(bytes: Buffer): void {
    this.#link?.write(bytes);
  }

  close(): void {
    this.#link?.destroy();
  }

  /** Reads nothing from the server until `resume`. */
  pause(): void {
    this.#link?.pause();
  }

  resume(): void {
    this.#link?.resume();
  }

  /** What the server does not take. */
  get unsentBytes(): number {
    return this.#link?.bufferedBytes ?? 0;
  }

  /** What came since the last call: replies, and events as lines. */
  take(): (Received | string)[] {
    return this.frames.splice(0).map((frame) => {
      const header = decodeReplyHeader(frame);
      if (header.xid === -1) {
        const { type, path } = decodeWatcherEvent(frame);
        return `event ${type} ${path}`;
      }
      const index = this.#asked.findIndex(({ xid }) => xid === header.xid);
      const [asked] = this.#asked.splice(index, 1);
      assert(asked !== undefined, `a reply with xid ${header.xid}, which was not asked`);
      const body: ReplyBody = header.err === 0 ? decodeReplyBody(asked.type, frame) : { type: 'none' };
      return { ...header, body };
    });
  }

  replies(): Received[] {
    return this.take().filter((received) => typeof received !== 'string');
  }

  call(request: ClientRequest, waitMs = 100): Received {
    this.send(request);
    this.#world.run(waitMs);
    const reply = this.replies().at(-1);
    assert(reply !== undefined, `no reply to ${request.type}`);
    return reply;
  }
}

const pingXid = -2;

function handshake(options: ConnectOptions): Buffer {
  const { previous, lastZxidSeen = 0, timeoutMs = 2_000, readOnly = false } = options;
  return encodeConnectRequestFrame({
    protocolVersion: 0,
    lastZxidSeen,
    timeoutMs,
    sessionId: previous?.sessionId ?? noSession,
    password: options.password ?? previous?.password ?? Buffer.alloc(16),
    ...(readOnly === null ? {} : { readOnly }),
  });
}

function contentOf(text: string): { bytes: Buffer; syncedLength: number } {
  const bytes = Buffer.from(text);
  return { bytes, syncedLength: bytes.length };
}
