// Watches: every change of a watched znode is told once, in the order of the changes, and before the session is
// shown anything as of that change or later. A one-shot watch fires at most once for each arming, and survives a
// reconnect: what changed meanwhile is told while the watches are restored. What may be missed is not asked for: the
// changes between an event and the next arming, and for persistent watches those made while disconnected.
//
// Replies cut what a session received into stretches. Between one that shows zxid a and the next, that shows b,
// stand the events of exactly the changes in (a, b]; so a stretch is walked beside those changes with the watches
// as the server must have them. Changes in doubt may add events of their own, and never owe one.

import { conclude } from './conclude.ts';
import { describeTime, describeZxid } from './describe.ts';
import { ArmedWatches, mayCatchUp } from './watches/armed-watches.ts';
import type { Expected, OneShot } from './watches/armed-watches.ts';
import { undecidedKey, watchHistoryOf } from './watches/watch-history.ts';
import type { EventEntry, KnownChange, Received, WatchHistory } from './watches/watch-history.ts';
import type { Operation } from '../harness/history/operation.ts';
import type { Checker, Evidence } from './verdict.ts';
import { named, wholeHistory } from './whole-history.ts';

const leastOpportunities = 10;

export const watches: Checker = wholeHistory({
  name: 'watches',
  title: 'watches fire once, in order and before the data',
  description: 'each change of a watched znode is told once, in order, before any reply that may show it',
  concerns: named('watch'),
  check(history) {
    const known = watchHistoryOf(history);
    const judged = [...known.sessions].map(([session, received]) => {
      const judge = new SessionJudge(session, received, known);
      return { evidence: judge.judge(), opportunities: judge.toldCount };
    });
    return conclude(watches, {
      history,
      opportunities: judged.reduce((sum, { opportunities }) => sum + opportunities, 0),
      leastOpportunities,
      opportunity: 'events of known changes',
      evidence: judged.flatMap(({ evidence }) => (evidence === null ? [] : [evidence])),
      doubts: [],
    });
  },
});

interface Owed extends Expected {
  readonly change: KnownChange;
}

interface Told {
  readonly entry: EventEntry;
  readonly operation: Operation;
}

class SessionJudge {
  /** Events that came of changes that are known. */
  toldCount = 0;
  readonly #session: string;
  readonly #received: readonly Received[];
  readonly #known: WatchHistory;
  readonly #armed = new ArmedWatches();
  #events: Told[] = [];
  /** Shown so far; changes up to here are dealt with. */
  #zxid = 0;
  #changeIndex = 0;
  /** While watches are being restored: the one-shot ones that were listed and are not told of yet. */
  #listed: OneShot[] | null = null;

  constructor(session: string, received: readonly Received[], known: WatchHistory) {
    this.#session = session;
    this.#received = received;
    this.#known = known;
  }

  /** The first thing that is wrong: what follows it may follow from it. */
  judge(): Evidence | null {
    for (const [index, { entry, operation }] of this.#received.entries()) {
      let found: Evidence | null = null;
      switch (entry.got) {
        case 'event':
          this.#events.push({ entry, operation });
          break;
        case 'watch':
          this.#armed.arm(entry);
          break;
        case 'attached':
          this.#listed = this.#armed.oneShots();
          this.#armed.relist();
          break;
        case 'reply':
          found = this.#show(entry.zxid, { index, what: `the reply to ${entry.op}` });
          break;
        case 'lost':
          found = this.#listed === null ? this.#lose(entry.zxid, index) : this.#catchUp(null, index);
          this.#listed = null;
          break;
        case 'restored':
          found = this.#catchUp(entry.zxid, index);
          this.#listed = null;
          break;
      }
      if (found !== null) return found;
    }
    // What came last may be of changes beyond any reply.
    if (this.#listed !== null) return this.#catchUp(null, this.#received.length);
    return this.#walk({ until: Infinity, owedUntil: 0, reply: null });
  }

  #show(zxid: number, reply: Shown): Evidence | null {
    // Nothing was listed, so there was nothing to restore.
    this.#listed = null;
    if (zxid <= 0) return null;
    const until = Math.max(zxid, this.#zxid);
    return this.#walk({ until, owedUntil: until, reply });
  }

  /** A ping may have shown more than the last reply; and events may have come of changes beyond. */
  #lose(zxid: number, index: number): Evidence | null {
    const reply = { index, what: 'a reply to a ping' };
    return this.#walk({ until: Infinity, owedUntil: Math.max(zxid, this.#zxid), reply });
  }

  /** Compares the events at hand with the changes up to `until`; those up to `owedUntil` must have been told. */
  #walk({ until, owedUntil, reply }: Stretch): Evidence | null {
    const events = this.#events;
    this.#events = [];
    let next = this.#changeIndex;
    let owed: Owed[] = [];
    const fill = (limit: number): void => {
      while (owed.length === 0 && !this.#armed.isEmpty && this.#zxidAt(next) <= limit) {
        const changes = this.#transactionAt(next);
        if (changes.length === 0) return;
        next += changes.length;
        owed = changes.flatMap((change) =>
          this.#armed.expect(change).map((expected) => ({ ...expected, change })),
        );
      }
    };
    for (const told of events) {
      fill(until);
      const { entry } = told;
      const [first] = owed;
      const place = owed.findIndex((each) => isSame(each, entry) && (each === first || isUnordered(owed)));
      if (place !== -1) {
        owed.splice(place, 1);
        this.toldCount++;
      } else if (!this.#armed.covers(entry)) return this.#unasked(told);
      else if (!this.#known.undecided.has(undecidedKey(entry.event, entry.path))) {
        return first === undefined ? this.#unfounded(told, reply) : this.#early(told, first, reply);
      }
      this.#armed.spend(entry);
      owed = owed.filter((expected) => this.#armed.covers(expected));
    }
    fill(owedUntil);
    this.#dealtWith(owedUntil);
    const [missing] = owed;
    if (missing === undefined || reply === null || missing.change.zxid > owedUntil) return null;
    return this.#late(missing, reply);
  }

  /** The changes of one transaction, from this one on. */
  #transactionAt(index: number): readonly KnownChange[] {
    const zxid = this.#zxidAt(index);
    let end = index;
    while (end < this.#known.changes.length && this.#zxidAt(end) === zxid) end++;
    return this.#known.changes.slice(index, end);
  }

  /** Past the last change there is none. */
  #zxidAt(index: number): number {
    return this.#known.changes[index]?.zxid ?? Infinity;
  }

  #dealtWith(zxid: number): void {
    while (this.#changeIndex < this.#known.changes.length && this.#zxidAt(this.#changeIndex) <= zxid) {
      this.#changeIndex++;
    }
    this.#zxid = Math.max(this.#zxid, zxid);
  }

  /** Restoring tells of what is now, once for each watch that was listed. Null: it was broken off. */
  #catchUp(zxid: number | null, index: number): Evidence | null {
    const events = this.#events;
    this.#events = [];
    const start = this.#changeIndex;
    this.#dealtWith(zxid ?? 0);
    const isNeeded = zxid === null && events.length > 0;
    const changes = this.#known.changes.slice(start, isNeeded ? undefined : this.#changeIndex);
    const left = this.#listed ?? this.#armed.oneShots();
    for (const told of events) {
      const place = left.findIndex((watch) => mayCatchUp(watch, told.entry));
      const [watch] = place === -1 ? [] : left.splice(place, 1);
      if (watch === undefined) return this.#unasked(told);
      if (changes.some((change) => concerns(change, watch))) this.toldCount++;
      else if (!this.#mayHaveChanged(watch)) return this.#unfounded(told, null);
      this.#armed.spend(told.entry);
    }
    if (zxid === null) return null;
    for (const watch of left) {
      const change = changes.findLast((each) => concerns(each, watch));
      if (change === undefined || !this.#isOwed(watch, change)) continue;
      return this.#lostOver(watch, change, index);
    }
    return null;
  }

  /** Who waits for a znode to come is not told when it has gone again. */
  #isOwed({ kind, path }: OneShot, last: KnownChange): boolean {
    if (kind !== 'exist') return true;
    return last.event !== 'deleted' && !this.#known.undecided.has(undecidedKey('deleted', path));
  }

  #mayHaveChanged({ path, kind }: OneShot): boolean {
    const { undecided } = this.#known;
    const types = ['created', 'deleted', kind === 'child' ? 'childrenChanged' : 'dataChanged'] as const;
    return types.some((type) => undecided.has(undecidedKey(type, path)));
  }

  #unasked({ entry, operation }: Told): Evidence {
    const sentence = `${nameOf(entry)} came to process ${operation.process}, and no watch was armed for it, or the one that was had fired (until ${describeTime(operation.time)})`;
    return this.#evidence(sentence, [operation]);
  }

  #unfounded({ entry, operation }: Told, reply: Shown | null): Evidence {
    const until = reply === null ? '' : ` before ${this.#describe(reply)}`;
    const sentence = `${nameOf(entry)} came to process ${operation.process}${until}, and no write made such a change between ${describeZxid(this.#zxidBefore(reply))} and then`;
    return this.#evidence(sentence, [operation]);
  }

  #early({ entry, operation }: Told, owed: Owed, reply: Shown | null): Evidence {
    const isComing = this.#hasLater(owed, operation, reply);
    const other = `${nameOf(owed)} for ${describeChange(owed.change)}`;
    const sentence = isComing
      ? `${nameOf(entry)} came to process ${operation.process} before ${other}, which happened first`
      : `${nameOf(entry)} came to process ${operation.process}, and ${other} did not come before it`;
    return this.#evidence(sentence + this.#knownCause(owed), [owed.change.operation, operation]);
  }

  #late(owed: Owed, reply: Shown): Evidence {
    const { operation } = this.#received[reply.index] ?? { operation: owed.change.operation };
    const later = this.#received.slice(reply.index).find(({ entry }) => isEvent(entry, owed));
    const fate = later === undefined ? 'and it never came' : 'it came only behind it';
    const sentence = `${this.#describe(reply)} came to process ${operation.process} before ${nameOf(owed)} for ${describeChange(owed.change)}, of which its watch should have told first; ${fate}`;
    return this.#evidence(sentence + this.#knownCause(owed), [owed.change.operation, operation]);
  }

  /** Only where it explains this very event. */
  #knownCause(owed: Owed): string {
    if (!this.#armed.isOvershadowed(owed)) return '';
    return '; a server that keeps one mode for each path, as Apache ZooKeeper before 3.9.0 does, forgot that watch when the path was watched in another mode (ZOOKEEPER-4466)';
  }

  #lostOver(watch: OneShot, change: KnownChange, index: number): Evidence {
    const { operation } = this.#received[index] ?? { operation: change.operation };
    const sentence = `the ${watch.kind} watch of process ${operation.process} on ${watch.path} was restored after a reconnect without an event for ${describeChange(change)}`;
    return this.#evidence(sentence, [change.operation, operation]);
  }

  #hasLater(owed: Owed, operation: Operation, reply: Shown | null): boolean {
    const from = this.#received.findIndex((each) => each.operation === operation);
    const end = reply?.index ?? this.#received.length;
    return this.#received.slice(from, end).some(({ entry }) => isEvent(entry, owed));
  }

  #describe({ index, what }: Shown): string {
    const entry = this.#received[index]?.entry;
    return entry !== undefined && 'zxid' in entry ? `${what} with zxid ${describeZxid(entry.zxid)}` : what;
  }

  #zxidBefore(reply: Shown | null): number {
    for (let index = (reply?.index ?? this.#received.length) - 1; index >= 0; index--) {
      const entry = this.#received[index]?.entry;
      if (entry?.got === 'reply' && entry.zxid > 0) return entry.zxid;
    }
    return 0;
  }

  #evidence(sentence: string, operations: readonly Operation[]): Evidence {
    return { subject: `session ${this.#session}`, sentence, operations: [...new Set(operations)] };
  }
}

interface Stretch {
  readonly until: number;
  readonly owedUntil: number;
  /** What ends it; null: nothing does, and nothing is owed. */
  readonly reply: Shown | null;
}

/** The place of a reply among what was received. */
interface Shown {
  readonly index: number;
  readonly what: string;
}

function isUnordered(owed: readonly Owed[]): boolean {
  return owed.some(({ change }) => change.isWitnessed);
}

function isSame(one: Expected, other: Expected): boolean {
  return one.event === other.event && one.path === other.path;
}

function isEvent(entry: Received['entry'], expected: Expected): boolean {
  return entry.got === 'event' && isSame(entry, expected);
}

/** Whether a watch that is restored behind the change must tell of it. */
function concerns({ event, path }: KnownChange, watch: OneShot): boolean {
  if (watch.kind !== 'child') return path === watch.path;
  if (event === 'dataChanged') return false;
  return path === watch.path || path.slice(0, path.lastIndexOf('/')) === watch.path;
}

function nameOf({ event, path }: Expected): string {
  return `event ${event} ${path}`;
}

function describeChange({ zxid, event, path, operation }: KnownChange): string {
  return `zxid ${describeZxid(zxid)} (${path} ${event}, recorded at ${describeTime(operation.time)})`;
}
