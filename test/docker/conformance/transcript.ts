// What a server answers to a script, as text that compares: replies and events in the order in which they came,
// with times left out, sessions named, and zxids counted within their epoch. Two servers that give the same
// text cannot be told apart by this script.

import {
  decodeReplyBody,
  decodeReplyHeader,
  decodeWatcherEvent,
  encodeRequestFrame,
} from '../../../harness/wire/client-codec.ts';
import type { ClientRequest } from '../../../harness/wire/records.ts';
import { noSession } from '../../../harness/wire/session-id.ts';
import { RawClient } from '../zab/io/raw-client.ts';

/** A request as a value, or the bytes of its body behind a header with this opcode. */
export type Sent = ClientRequest | { readonly opcode: number; readonly bytes: Buffer };

export interface Step {
  /** Name of the client that sends; it connects when it is first named. */
  readonly client: string;
  readonly request: Sent;
  /** The server closes the connection behind its reply, or without one. */
  readonly closes?: boolean;
}

const eventXid = -1;
const pingXid = -2;
const ping = encodeRequestFrame(pingXid, { type: 'ping' });
const nudgeMs = 700;
const barrierXid = 9_999_999;
const barrier = encodeRequestFrame(barrierXid, { type: 'sync', path: '/' });

/** One text per step, all that was seen because of it. */
export async function play(ports: readonly number[], steps: readonly Step[]): Promise<string[]> {
  const stage = new Stage(ports);
  try {
    const transcript: string[] = [];
    for (const step of steps) transcript.push(await stage.perform(step));
    return transcript;
  } finally {
    stage.leave();
  }
}

class Stage {
  readonly #ports: readonly number[];
  readonly #clients = new Map<string, RawClient>();
  readonly #sessions = new Map<string, string>();
  #xid = 100;

  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  async perform({ client: name, request, closes = false }: Step): Promise<string> {
    const client = await this.#client(name);
    const xid = 'type' in request && request.type.startsWith('setWatches') ? -8 : (this.#xid += 1);
    if ('type' in request) client.send(request, xid);
    else client.socket.write(frameOf(xid, request.opcode, request.bytes));
    const lines = [`${name} ${describe(request)}`];
    lines.push(...(await this.#framesUntil(client, xid, request)));
    if (closes) {
      for (;;) {
        const frame = await client.socket.frame();
        if (frame === null) break;
        lines.push(`  and ${frame.toString('hex')}`);
      }
      lines.push('  closed');
      this.#clients.delete(name);
    }
    for (const [other, watcher] of this.#clients) {
      // Behind a sync the watcher's server has seen what this step changed, and its events came first.
      watcher.socket.write(barrier);
      const seen = await this.#framesUntil(watcher, barrierXid, { type: 'sync', path: '/' });
      for (const line of seen.slice(0, -1)) lines.push(`  ${other}:${line}`);
    }
    return lines.join('\n');
  }

  leave(): void {
    for (const client of this.#clients.values()) client.socket.destroy();
  }

  async #client(name: string): Promise<RawClient> {
    const known = this.#clients.get(name);
    if (known !== undefined) return known;
    // The first letter chooses the server: a and b are clients of different ones, where there is more than one.
    const number = name.charCodeAt(0) % this.#ports.length;
    const client = await RawClient.connect(this.#ports[number] ?? 0);
    this.#clients.set(name, client);
    this.#sessions.set(client.session.sessionId, `session of ${name}`);
    return client;
  }

  /** The reply comes last. */
  async #framesUntil(client: RawClient, xid: number, request: Sent): Promise<string[]> {
    // Apache ZooKeeper 3.8.0 can miss a wake-up and stall until something else arrives (ZOOKEEPER-4537).
    const nudge = setInterval(() => client.socket.write(ping), nudgeMs);
    try {
      return await this.#framesBefore(client, xid, request);
    } finally {
      clearInterval(nudge);
    }
  }

  async #framesBefore(client: RawClient, xid: number, request: Sent): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const frame = await client.socket.frame();
      if (frame === null) return [...lines, '  closed without a reply'];
      const header = decodeReplyHeader(frame);
      if (header.xid === pingXid) continue;
      if (header.xid === eventXid) {
        lines.push(`  event ${this.#show(decodeWatcherEvent(frame))}`);
        continue;
      }
      const zxid = header.zxid > 0 ? header.zxid % 2 ** 32 : header.zxid;
      const body =
        header.err === 0 && 'type' in request ? this.#show(decodeReplyBody(request.type, frame)) : '';
      const isOwn = header.xid === xid ? '' : ` xid ${header.xid}`;
      // The address of the bridge may be longer for one of the two.
      const length = body.includes('ip:address') ? '' : `${frame.length} bytes `;
      lines.push(`  reply${isOwn} err ${header.err} zxid ${zxid} ${length}${body}`);
      if (header.xid === xid) return lines;
    }
  }

  #show(value: unknown): string {
    return JSON.stringify(value, (key, field: unknown) => this.#mask(key, field));
  }

  #mask(key: string, field: unknown): unknown {
    if (key === 'ctime' || key === 'mtime') return field === 0 ? 0 : 'time';
    if (key.endsWith('zxid') && typeof field === 'number') return field % 2 ** 32;
    if (key === 'ephemeralOwner' && field !== noSession) return this.#sessions.get(String(field)) ?? field;
    // Sets on the server's side, in no order.
    if (key === 'ids') return sortedIds(field as Parameters<typeof sortedIds>[0]);
    if (key === 'children' || key === 'paths')
      return Array.isArray(field) ? [...(field as string[])].sort() : field;
    // The address by which the engine's bridge shows this machine.
    if (key === 'id' && typeof field === 'string' && /^\d+\.\d+\.\d+\.\d+$/.test(field)) return 'address';
    if (isBuffer(field)) return Buffer.from(field.data).toString();
    return field;
  }
}

function sortedIds(ids: readonly { readonly scheme: string; readonly user: string }[]): string[] {
  return ids.map(({ scheme, user }) => `${scheme}:${scheme === 'ip' ? 'address' : user}`).sort();
}

function isBuffer(field: unknown): field is { readonly data: number[] } {
  return typeof field === 'object' && field !== null && 'type' in field && field.type === 'Buffer';
}

function frameOf(xid: number, opcode: number, body: Buffer): Buffer {
  const frame = Buffer.alloc(12 + body.length);
  frame.writeInt32BE(8 + body.length, 0);
  frame.writeInt32BE(xid, 4);
  frame.writeInt32BE(opcode, 8);
  body.copy(frame, 12);
  return frame;
}

function describe(request: Sent): string {
  if (!('type' in request)) return `opcode ${request.opcode} with ${request.bytes.toString('hex')}`;
  const text = JSON.stringify(request, (_key, field: unknown) =>
    isBuffer(field) ? Buffer.from(field.data).toString() : field,
  );
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
