// An ensemble of peers in one process and in virtual time: links with a delay, disks with a delay, crashes,
// partitions. What happens is written down as a transcript, and checked against the invariants of ZAB as it
// happens.

import assert from 'node:assert/strict';
import type { LinkId, PeerEvent, Ready, SendOperation } from '../../../../docker/zab/src/core/events.ts';
import type { Member, Membership } from '../../../../docker/zab/src/core/membership.ts';
import { isFault, parseMembership } from '../../../../docker/zab/src/core/membership-text.ts';
import { Peer } from '../../../../docker/zab/src/core/peer.ts';
import type { TraceEvent } from '../../../../docker/zab/src/core/trace.ts';
import { PacketType } from '../../../../harness/wire/constants.ts';
import type { Notification, QuorumPacket } from '../../../../harness/wire/quorum-packet.ts';
import type { Random } from '../../../../harness/random/random.ts';
import { Invariants } from './invariants.ts';
import type { TestDatabase } from './test-database.ts';
import { readAll, reconfigRecord, testRecord } from './test-database.ts';
import { TestDisk } from './test-disk.ts';
import { describeTrace } from './transcript.ts';

export interface NetworkOptions {
  readonly voters?: number;
  readonly observers?: number;
  readonly commitLogCount?: number;
  readonly syncLimit?: number;
  readonly initLimit?: number;
  readonly forceSnapshotSync?: boolean;
  /** Servers that exist and are no members; with any, the membership can change. */
  readonly spares?: number;
  readonly reconfigEnabled?: boolean;
  /**
   * Servers that take all of their log for applied when they start, as Apache ZooKeeper does: a snapshot that
   * such a leader sends holds what nobody has committed, and what they hold of that is no record to cut.
   */
  readonly appliesLogAtStart?: readonly number[];
  /** Without it every message takes 1 ms and every flush 1 ms. */
  readonly random?: Random;
}

interface Connection {
  readonly ends: readonly [End, End];
  isOpen: boolean;
}

interface End {
  readonly sid: number;
  readonly incarnation: number;
  readonly link: LinkId;
  /** Deliveries are in order: nothing arrives before this. */
  clearMs: number;
  readonly waiting: PeerEvent[];
}

export interface TestServer {
  readonly sid: number;
  readonly disk: TestDisk;
  peer: Peer | null;
  database: TestDatabase | null;
  incarnation: number;
  nextLink: LinkId;
  armedMs: number;
  isFlushing: boolean;
  /** Nothing becomes durable while set. */
  isDiskHeld: boolean;
  isPaused: boolean;
  /** What waits for a paused process. */
  readonly inbox: (() => void)[];
  fatal: string | null;
  readonly syncsDone: number[];
  readonly sent: { readonly to: number; readonly packet: QuorumPacket }[];
}

const tickMs = 100;

export class TestNetwork {
  readonly membership: Membership;
  /** Spares too. */
  readonly all: readonly Member[];
  readonly servers = new Map<number, TestServer>();
  readonly invariants: Invariants;
  readonly transcript: string[] = [];
  nowMs = 0;
  readonly #options: NetworkOptions;
  readonly #events: { atMs: number; order: number; run: () => void }[] = [];
  #order = 0;
  readonly #connections = new Set<Connection>();
  /** Directed cuts, as `from>to`. */
  readonly #cuts = new Set<string>();
  readonly #unsent = new Map<string, Notification>();
  #cxid = 0;
  /** Events in the present millisecond. */
  #eventCount = 0;

  constructor(options: NetworkOptions = {}) {
    this.#options = options;
    const voterCount = options.voters ?? 3;
    const memberCount = voterCount + (options.observers ?? 0);
    const all = Array.from({ length: memberCount + (options.spares ?? 0) }, (_, index): Member => ({
      sid: index + 1,
      role: index < voterCount || index >= memberCount ? 'participant' : 'observer',
      host: `s${index + 1}`,
      quorumPort: 2888,
      electionPort: 3888,
    }));
    this.all = all;
    this.membership = { members: all.slice(0, memberCount), version: 0 };
    this.invariants = new Invariants(this);
    for (const { sid } of all) {
      this.servers.set(sid, {
        sid,
        disk: new TestDisk(),
        peer: null,
        database: null,
        incarnation: 0,
        nextLink: 0,
        armedMs: Infinity,
        isFlushing: false,
        isDiskHeld: false,
        isPaused: false,
        inbox: [],
        fatal: null,
        syncsDone: [],
        sent: [],
      });
    }
  }

  server(sid: number): TestServer {
    const server = this.servers.get(sid);
    assert.ok(server, `server ${sid} exists`);
    return server;
  }

  peer(sid: number): Peer {
    const { peer } = this.server(sid);
    assert.ok(peer, `server ${sid} runs`);
    return peer;
  }

  /** The server that leads and serves; the one of the highest epoch if two think so. */
  get leader(): number | null {
    let best: TestServer | null = null;
    for (const server of this.servers.values()) {
      if (server.peer?.role !== 'leading' || !server.peer.serving) continue;
      if (best === null || server.peer.currentEpoch > (best.peer?.currentEpoch ?? 0)) best = server;
    }
    return best?.sid ?? null;
  }

  start(...sids: number[]): void {
    for (const sid of sids) {
      const server = this.server(sid);
      assert.equal(server.peer, null);
      server.incarnation += 1;
      const { database, tail: logged } = server.disk.load();
      const isApplied = this.#options.appliesLogAtStart?.includes(sid) === true;
      const tail = isApplied ? [] : logged;
      if (isApplied) for (const record of logged) database.apply(record);
      this.#note(`server ${sid} starts`);
      server.database = database;
      server.peer = new Peer({
        sid,
        membership: this.#membershipOf(server, database),
        pendingMembership: server.disk.pendingMembership,
        reconfigEnabled: this.#options.reconfigEnabled ?? (this.#options.spares ?? 0) > 0,
        database,
        acceptedEpoch: server.disk.acceptedEpoch,
        currentEpoch: server.disk.currentEpoch,
        tail,
        tickMs,
        initLimit: this.#options.initLimit ?? 10,
        syncLimit: this.#options.syncLimit ?? 5,
        commitLogCount: this.#options.commitLogCount ?? 500,
        electionMaxMs: 1600,
        forceSnapshotSync: this.#options.forceSnapshotSync ?? false,
        takeTouches: () => [],
        trace: (event) => this.#trace(server, event),
      });
      this.invariants.started(server, tail);
      server.peer.start(this.nowMs);
      this.#drain(server);
      for (const other of this.servers.keys()) if (other !== sid) this.#resend(other, sid);
    }
  }

  /** The process is gone, with whatever was not durable. */
  crash(...sids: number[]): void {
    for (const sid of sids) {
      const server = this.server(sid);
      if (server.peer === null) continue;
      this.#note(`server ${sid} dies`);
      server.peer = null;
      server.database = null;
      server.isPaused = false;
      server.inbox.length = 0;
      server.armedMs = Infinity;
      server.disk.crash();
      server.isFlushing = false;
      for (const connection of this.#connections) {
        if (connection.ends.some((end) => end.sid === sid)) this.#close(connection, sid, 'reset by peer');
      }
    }
  }

  /** Cuts both directions between the servers of `side` and all others. */
  isolate(...side: number[]): void {
    this.#note(`cut off: ${side.join(' ')}`);
    for (const one of side) {
      for (const other of this.servers.keys()) if (!side.includes(other)) this.cut(one, other);
    }
  }

  cut(one: number, other: number): void {
    this.#cuts.add(`${one}>${other}`);
    this.#cuts.add(`${other}>${one}`);
  }

  cutOneWay(from: number, to: number): void {
    this.#cuts.add(`${from}>${to}`);
  }

  heal(): void {
    if (this.#cuts.size > 0) this.#note('the network is whole again');
    this.#cuts.clear();
    for (const key of [...this.#unsent.keys()].sort()) {
      const [from, to] = key.split('>').map(Number) as [number, number];
      this.#resend(from, to);
    }
  }

  /** Breaks the leader links between two servers, as a reset would. */
  reset(one: number, other: number): void {
    for (const connection of this.#connections) {
      const sids = connection.ends.map((end) => end.sid);
      if (sids.includes(one) && sids.includes(other)) this.#close(connection, 0, 'reset');
    }
  }

  pause(sid: number): void {
    this.server(sid).isPaused = true;
  }

  resume(sid: number): void {
    const server = this.server(sid);
    server.isPaused = false;
    for (const run of server.inbox.splice(0)) run();
  }

  holdDisk(sid: number): void {
    this.server(sid).isDiskHeld = true;
  }

  releaseDisk(sid: number): void {
    const server = this.server(sid);
    server.isDiskHeld = false;
    this.#flushLater(server);
  }

  /** A snapshot of the database as it stands, as a server takes one now and then. */
  checkpoint(sid: number): void {
    const server = this.server(sid);
    if (server.database === null) return;
    const { lastProcessedZxid: zxid } = server.database;
    server.disk.submit({ type: 'checkpoint', zxid, file: server.database.encodeSnapshotFile() });
    this.#flushLater(server);
  }

  /** A client of the leader writes `count` times. */
  propose(sid: number, count = 1): void {
    const server = this.server(sid);
    for (let index = 0; index < count && !server.isPaused; index++) {
      const peer = this.peer(sid);
      if (peer.role !== 'leading' || !peer.serving) return;
      this.step(server, { type: 'propose', record: testRecord(peer.nextZxid, ++this.#cxid) });
    }
  }

  /** A client of the leader changes the membership; false where the leader would refuse that. */
  reconfigure(sid: number, members: readonly Member[]): boolean {
    const server = this.server(sid);
    if (server.isPaused || server.peer === null) return false;
    const { peer } = server;
    const membership: Membership = { members, version: 0 };
    if (peer.role !== 'leading' || !peer.serving || peer.configuration.pending !== null) return false;
    if (!peer.hasSynchronizedQuorumOf(membership)) return false;
    this.step(server, { type: 'propose', record: reconfigRecord(peer.nextZxid, membership) });
    return true;
  }

  sync(sid: number, token: number): void {
    if (this.server(sid).isPaused) return;
    const request = { sessionId: '01', cxid: token, opcode: 9, body: Buffer.alloc(0), authinfo: null };
    this.step(this.server(sid), { type: 'sync', token, request });
  }

  step(server: TestServer, event: PeerEvent): void {
    if (server.peer === null) return;
    server.peer.step(event, this.nowMs);
    this.#drain(server);
  }

  run(forMs: number): void {
    const endMs = this.nowMs + forMs;
    for (;;) {
      const next = this.#events[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#popEvent();
      this.#eventCount = next.atMs === this.nowMs ? this.#eventCount + 1 : 0;
      assert.ok(this.#eventCount < 10_000, `an endless loop\n${this.transcript.slice(-40).join('\n')}`);
      this.nowMs = next.atMs;
      next.run();
    }
    this.nowMs = endMs;
  }

  runUntil(holds: () => boolean, limitMs: number, what: string): void {
    const endMs = this.nowMs + limitMs;
    while (!holds()) {
      assert.ok(this.nowMs < endMs, `${what} within ${limitMs} ms\n${this.transcript.slice(-60).join('\n')}`);
      this.run(10);
    }
  }

  runUntilServing(...sids: number[]): void {
    this.runUntil(() => sids.every((sid) => this.peer(sid).serving), 60_000, `${sids.join(' ')} serve`);
  }

  /** What has happened since the last call. */
  takeTranscript(): string {
    return this.transcript.splice(0).join('\n');
  }

  #trace(server: TestServer, event: TraceEvent): void {
    this.invariants.observe(server, event);
    const line = describeTrace(event);
    if (line !== null) this.#note(`${server.sid} ${line}`);
  }

  /** The newest that the server knows of: its file, or what its last snapshot holds. */
  #membershipOf(server: TestServer, database: TestDatabase): Membership {
    const own = this.all.find((member) => member.sid === server.sid);
    const isMember = this.membership.members.some((member) => member.sid === server.sid);
    const first = isMember || own === undefined ? [] : [own];
    const fromFile = server.disk.membership ?? {
      members: [...this.membership.members, ...first],
      version: 0,
    };
    const stored = parseMembership(database.membership ?? '');
    assert.ok(!isFault(stored));
    return stored.version > fromFile.version ? stored : fromFile;
  }

  #note(line: string): void {
    this.transcript.push(line);
  }

  #drain(server: TestServer): void {
    for (;;) {
      const { peer } = server;
      if (peer === null) return;
      const ready = peer.ready();
      if (isEmpty(ready)) break;
      for (const operation of ready.persist) server.disk.submit(operation);
      if (ready.persist.length > 0) this.#flushLater(server);
      for (const operation of ready.send) this.#send(server, operation);
      for (const upcall of ready.upcalls) {
        if (upcall.type === 'request') this.propose(server.sid);
        if (upcall.type === 'learnerSync') peer.step(upcall, this.nowMs);
        if (upcall.type === 'syncDone') server.syncsDone.push(upcall.token);
        if (upcall.type === 'fatal') server.fatal = upcall.message;
      }
    }
    this.#arm(server);
  }

  #arm(server: TestServer): void {
    const deadlineMs = server.peer?.deadlineMs ?? Infinity;
    if (deadlineMs === server.armedMs || deadlineMs === Infinity) return;
    server.armedMs = deadlineMs;
    const { incarnation } = server;
    this.#at(deadlineMs, () => {
      if (server.incarnation !== incarnation || server.armedMs !== deadlineMs) return;
      this.#whenAwake(server, incarnation, () => {
        server.armedMs = Infinity;
        this.step(server, { type: 'tick' });
        this.#arm(server);
      });
    });
  }

  #flushLater(server: TestServer): void {
    if (server.isFlushing || server.isDiskHeld || server.disk.queuedCount === 0) return;
    server.isFlushing = true;
    const { incarnation } = server;
    const { random } = this.#options;
    this.#at(this.nowMs + (random?.between(1, 15) ?? 1), () => {
      if (server.incarnation !== incarnation || server.peer === null) return;
      server.isFlushing = false;
      if (server.isDiskHeld) return;
      const mark = server.disk.flush(random?.between(1, 6) ?? Infinity);
      this.#flushLater(server);
      if (mark === null) return;
      this.#whenAwake(server, incarnation, () => this.step(server, { type: 'persisted', mark }));
    });
  }

  #send(server: TestServer, operation: SendOperation): void {
    switch (operation.type) {
      case 'notification':
        return this.#notify(server.sid, operation.to, operation.notification);
      case 'configuration':
        return;
      case 'connectLeader':
        return this.#dial(server, operation.sid);
      case 'close': {
        const connection = this.#connectionOf(server, operation.link);
        if (connection !== null) this.#close(connection, server.sid, operation.reason);
        return;
      }
      case 'packet': {
        const { link, packet } = operation;
        const other = this.#otherEnd(server, link);
        if (other !== null) server.sent.push({ to: other.sid, packet });
        return this.#transmit(server, link, (end) => ({ type: 'packet', link: end.link, packet }));
      }
      case 'stream': {
        const { link, source } = operation;
        const stream = readAll(source);
        return this.#transmit(server, link, (end) => ({ type: 'snapshot', link: end.link, stream }));
      }
    }
  }

  #notify(from: number, to: number, notification: Notification): void {
    const receiver = this.server(to);
    if (receiver.peer === null || this.#cuts.has(`${from}>${to}`) || this.#cuts.has(`${to}>${from}`)) {
      this.#unsent.set(`${from}>${to}`, notification);
      return;
    }
    const { incarnation } = receiver;
    this.#at(this.nowMs + this.#delayMs(), () => {
      this.#whenAwake(receiver, incarnation, () =>
        this.step(receiver, { type: 'notification', from, notification }),
      );
    });
  }

  /** A new connection first carries the newest notification that could not be sent. */
  #resend(from: number, to: number): void {
    const notification = this.#unsent.get(`${from}>${to}`);
    if (notification === undefined) return;
    this.#unsent.delete(`${from}>${to}`);
    if (this.server(from).peer !== null) this.#notify(from, to, notification);
  }

  #dial(server: TestServer, sid: number): void {
    const link = server.nextLink++;
    const target = this.server(sid);
    const { incarnation } = server;
    const isCut = this.#cuts.has(`${server.sid}>${sid}`) || this.#cuts.has(`${sid}>${server.sid}`);
    if (target.peer === null || isCut) {
      this.#at(this.nowMs + (isCut ? 300 : 1), () =>
        this.#whenAwake(server, incarnation, () =>
          this.step(server, { type: 'linkClosed', link, reason: 'refused' }),
        ),
      );
      return;
    }
    const here: End = { sid: server.sid, incarnation, link, clearMs: 0, waiting: [] };
    const there: End = {
      sid,
      incarnation: target.incarnation,
      link: target.nextLink++,
      clearMs: 0,
      waiting: [],
    };
    const connection: Connection = { ends: [here, there], isOpen: true };
    this.#connections.add(connection);
    this.#deliver(connection, there, { type: 'learnerConnected', link: there.link });
    this.#deliver(connection, here, { type: 'leaderConnected', link });
  }

  #transmit(server: TestServer, link: LinkId, make: (end: End) => PeerEvent): void {
    const connection = this.#connectionOf(server, link);
    const end = this.#otherEnd(server, link);
    if (connection !== null && end !== null) this.#deliver(connection, end, make(end));
  }

  /** In order, and only while nothing is cut: a cut holds the stream back, as TCP does. */
  #deliver(connection: Connection, end: End, event: PeerEvent): void {
    end.clearMs = Math.max(end.clearMs, this.nowMs + this.#delayMs());
    end.waiting.push(event);
    this.#attempt(connection, end);
  }

  /** Delivers whatever is the oldest by then: what waits behind a cut is not overtaken when that heals. */
  #attempt(connection: Connection, end: End): void {
    const from = connection.ends[0] === end ? connection.ends[1].sid : connection.ends[0].sid;
    this.#at(end.clearMs, () => {
      const receiver = this.server(end.sid);
      if (receiver.incarnation !== end.incarnation || receiver.peer === null) return;
      if (this.#cuts.has(`${from}>${end.sid}`)) {
        end.clearMs = Math.max(end.clearMs, this.nowMs + 20);
        return this.#attempt(connection, end);
      }
      const event = end.waiting.shift();
      if (event === undefined) return;
      if (!connection.isOpen && event.type !== 'linkClosed') return;
      this.#whenAwake(receiver, end.incarnation, () => this.step(receiver, event));
    });
  }

  #close(connection: Connection, by: number, reason: string): void {
    if (!connection.isOpen) return;
    connection.isOpen = false;
    this.#connections.delete(connection);
    for (const end of connection.ends) {
      if (end.sid === by) continue;
      this.#deliver(connection, end, { type: 'linkClosed', link: end.link, reason });
    }
  }

  #connectionOf(server: TestServer, link: LinkId): Connection | null {
    for (const connection of this.#connections) {
      if (connection.ends.some((end) => isEndOf(end, server, link))) return connection;
    }
    return null;
  }

  #otherEnd(server: TestServer, link: LinkId): End | null {
    const connection = this.#connectionOf(server, link);
    return connection?.ends.find((end) => !isEndOf(end, server, link)) ?? null;
  }

  /** A paused process gets everything later, in the old order. */
  #whenAwake(server: TestServer, incarnation: number, run: () => void): void {
    if (server.incarnation !== incarnation || server.peer === null) return;
    if (server.isPaused) server.inbox.push(() => this.#whenAwake(server, incarnation, run));
    else run();
  }

  #delayMs(): number {
    const { random } = this.#options;
    if (random === undefined) return 1;
    return random.chance(0.02) ? random.between(20, 200) : random.between(1, 8);
  }

  #at(atMs: number, run: () => void): void {
    const event = { atMs: Math.max(atMs, this.nowMs), order: this.#order++, run };
    let index = this.#events.length;
    while (index > 0 && isAfter(this.#events[index - 1] ?? event, event)) index -= 1;
    this.#events.splice(index, 0, event);
  }

  #popEvent(): void {
    this.#events.shift();
  }
}

export function nameOfPacket(packet: QuorumPacket): string {
  const name = Object.entries(PacketType).find(([, type]) => type === packet.type)?.[0];
  return `${name} ${packet.zxid < 0 ? packet.zxid : `0x${packet.zxid.toString(16)}`}`;
}

function isEndOf(end: End, server: TestServer, link: LinkId): boolean {
  return end.sid === server.sid && end.incarnation === server.incarnation && end.link === link;
}

function isEmpty(ready: Ready): boolean {
  return ready.persist.length + ready.send.length + ready.committed.length + ready.upcalls.length === 0;
}

function isAfter(
  one: { readonly atMs: number; readonly order: number },
  other: { readonly atMs: number; readonly order: number },
): boolean {
  return one.atMs !== other.atMs ? one.atMs > other.atMs : one.order > other.order;
}
