// Follows one znode the way applications do: reads its data or its children with a one-shot watch, and reads them
// again when the watch has fired or the connection is back. It has a session of its own, and keeps a journal of what
// arrived there, in the order of arrival, which promises do not tell.

import type { FollowerEntry, FollowerReport } from '../checkers/followed-znode.ts';
import { ClientError } from '../harness/client/client.ts';
import type { Arrival, Client } from '../harness/client/client.ts';
import { ErrorCode } from '../harness/wire/constants.ts';
import type { OwnSessions } from './workload.ts';

/** What is followed. */
export interface FollowerSubject {
  readonly path: string;
  readonly of: 'data' | 'children';
  /** Reads what the follower goes by, the watch first; a version and what it found. */
  readonly read: (client: Client) => Promise<{ readonly version: number; readonly value: unknown }>;
}

/** In ticks, as long as servers grant at most: followers are there to stay. */
const sessionTimeoutTicks = 20;

export class Follower {
  readonly client: Client;
  readonly #subject: FollowerSubject;
  #journal: FollowerEntry[] = [];
  #held: number | null = null;
  /** Reading again, for as long as something calls for it; and the read that is under way. */
  #reading: Promise<void> | null = null;
  #attempt: Promise<void> = Promise.resolve();
  #mustRead = true;
  #hasFailed = false;

  constructor(client: Client, subject: FollowerSubject) {
    this.client = client;
    this.#subject = subject;
    client.onArrival((arrival) => this.#take(arrival));
    this.#readAgain();
  }

  get isOver(): boolean {
    return this.client.state === 'expired' || this.client.state === 'closed';
  }

  /** Asks what is there, behind a sync, and then gives the follower the time to hear of it. */
  async report(): Promise<{ readonly report: FollowerReport; readonly zxid: number }> {
    const { client } = this;
    if (this.#hasFailed) this.#readAgain();
    const { path, of } = this.#subject;
    const synced = client.sync(path).then(() => client.server);
    const asked = of === 'data' ? client.getData(path) : client.getChildren(path);
    const [sync, read] = await Promise.allSettled([synced, asked]);
    if (sync.status === 'rejected') throw sync.reason;
    if (read.status === 'rejected') throw read.reason;
    const { zxid, stat } = read.value;
    const shown = of === 'data' ? stat.version : stat.cversion;
    // A read that is asked for from now on shows no less, so that changes without a pause do not keep it here.
    while (this.#reading !== null && (this.#held ?? -1) < shown) await this.#attempt;
    const journal = this.#journal;
    this.#journal = [];
    const report = {
      session: client.sessionId,
      journal,
      syncedBy: sync.value,
      shown,
      held: this.#hasFailed ? null : this.#held,
    };
    return { report, zxid };
  }

  #take(arrival: Arrival): void {
    if (arrival.type === 'attached' && this.#hasFailed) this.#readAgain();
    if (arrival.type === 'event' && this.#isFired(arrival.event)) {
      this.#journal.push({ got: 'event' });
      this.#readAgain();
    }
    if (arrival.type !== 'reply' || arrival.err !== ErrorCode.OK) return;
    const { request, body } = arrival;
    if (!('stat' in body) || !('path' in request) || request.path !== this.#subject.path) return;
    const isData = request.type === 'getData';
    if (isData !== (this.#subject.of === 'data') || (!isData && request.type !== 'getChildren2')) return;
    const { version, cversion } = body.stat;
    this.#journal.push({ got: 'read', version: isData ? version : cversion, isArmed: request.watch });
  }

  #isFired({ type, path }: { readonly type: string; readonly path: string }): boolean {
    if (path !== this.#subject.path) return false;
    return type === (this.#subject.of === 'data' ? 'dataChanged' : 'childrenChanged');
  }

  #readAgain(): void {
    this.#mustRead = true;
    this.#reading ??= this.#readWhileCalledFor();
  }

  async #readWhileCalledFor(): Promise<void> {
    while (this.#mustRead) {
      this.#mustRead = false;
      this.#hasFailed = false;
      this.#attempt = this.#readOnce();
      await this.#attempt;
    }
    // Here and not in a continuation: what calls for a read in between would be forgotten.
    this.#reading = null;
  }

  async #readOnce(): Promise<void> {
    try {
      const { version, value } = await this.#subject.read(this.client);
      this.#held = version;
      this.#journal.push({ got: 'held', version, value });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      // Until the connection is back, or somebody asks for a report.
      this.#hasFailed = true;
    }
  }
}

/** One for each of the first few processes, opened when it is first needed and anew when its session is over. */
export class Followers {
  readonly #sessions: OwnSessions | undefined;
  readonly #subjectFor: (place: number) => FollowerSubject;
  readonly #followers = new Map<number, Follower>();
  #hasReported = false;

  constructor(sessions: OwnSessions | undefined, subjectFor: (place: number) => FollowerSubject) {
    this.#sessions = sessions;
    this.#subjectFor = subjectFor;
  }

  at(place: number): Follower {
    const present = this.#followers.get(place);
    if (present !== undefined && !present.isOver) return present;
    if (this.#sessions === undefined) throw new TypeError('followers need sessions of their own');
    const { servers, tickMs } = this.#sessions;
    const first = place % servers.length;
    const rotated = [...servers.slice(first), ...servers.slice(0, first)];
    const client = this.#sessions.open({
      servers: rotated,
      sessionTimeoutMs: sessionTimeoutTicks * tickMs,
    });
    const follower = new Follower(client, this.#subjectFor(place));
    this.#followers.set(place, follower);
    return follower;
  }

  /** The last reports of all that are left, for the first who asks; their sessions end with that. */
  async lastReports(): Promise<readonly FollowerReport[]> {
    if (this.#hasReported) return [];
    this.#hasReported = true;
    const followers = [...this.#followers.values()].filter(({ isOver }) => !isOver);
    const settled = await Promise.allSettled(followers.map(async (follower) => follower.report()));
    await Promise.all(followers.map(({ client }) => client.close()));
    return settled.flatMap((result) => {
      if (result.status === 'fulfilled') return [result.value.report];
      // A follower whose connection failed says nothing.
      if (result.reason instanceof ClientError) return [];
      throw result.reason;
    });
  }
}
