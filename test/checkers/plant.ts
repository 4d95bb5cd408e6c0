// Lies to be planted in a recorded history, one at a time. Each looks for a place where it contradicts what the history
// tells elsewhere about one promise, and leaves every other promise kept; what it needs for that stands beside it.

import assert from 'node:assert/strict';
import { statPlaces } from '../../checkers/witness/stat-facts.ts';
import type { JournalEntry, WatchOutcome } from '../../checkers/watches/watch-history.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { pairOperations } from '../../harness/history/pairing.ts';
import type { Call } from '../../harness/history/pairing.ts';

type Answered = Call & { readonly completion: Operation };

/** What changes, by index. */
export type Lie = ReadonlyMap<number, Operation>;

export class Planter {
  readonly #history: readonly Operation[];
  readonly #calls: readonly Call[];
  /** By session and path, in the order of the replies. */
  readonly #sightings: ReadonlyMap<string, readonly Answered[]>;
  /** By entry of a reply: the highest zxid that its session had seen before. */
  readonly #seenBefore = new Map<number, number>();

  constructor(history: readonly Operation[]) {
    this.#history = history;
    this.#calls = pairOperations(history);
    const replied = this.#calls
      .filter(isReplied)
      .sort((one, other) => one.completion.index - other.completion.index);
    this.#sightings = Map.groupBy(replied, keyOf);
    const highest = new Map<string, number>();
    for (const { completion } of replied) {
      const { session = '', zxid = 0, index } = completion;
      const seen = highest.get(session) ?? 0;
      this.#seenBefore.set(index, seen);
      highest.set(session, Math.max(seen, zxid));
    }
  }

  planted(lie: Lie): Operation[] {
    assert.ok(lie.size > 0);
    return this.#history.map((entry) => lie.get(entry.index) ?? entry);
  }

  /** A write that began after another was acknowledged claims to be before it; its session had seen less than that. */
  forgedZxid(): Lie {
    const writes = this.#answered('add', 'write');
    let highest: Answered | null = null;
    const byEnd = [...writes].sort((one, other) => one.completion.index - other.completion.index);
    const able: Lie[] = [];
    let ended = 0;
    for (const write of writes) {
      for (; (byEnd[ended]?.completion.time ?? Infinity) < write.invocation.time; ended++) {
        const earlier = byEnd[ended] as Answered;
        if (zxidOf(earlier) > zxidOf(highest)) highest = earlier;
      }
      const zxid = zxidOf(highest) - 1;
      if (write.f !== 'add' || zxid <= (this.#seenBefore.get(write.completion.index) ?? 0)) continue;
      able.push(change(write, { zxid }));
    }
    return middleOf(able, 'a write behind another of which its session knew nothing');
  }

  /** Two writes of a znode, one after the other, are told each other's version; their sessions did not look again. */
  swappedPair(): Lie {
    const able: Lie[] = [];
    for (const writes of this.#byPath(this.#answered('write')).values()) {
      for (const [position, second] of writes.entries()) {
        const first = writes[position - 1];
        if (first === undefined || versionOf(second) !== versionOf(first) + 1) continue;
        if (first.completion.time >= second.invocation.time) continue;
        if (!this.#fits(first, versionOf(second)) || !this.#fits(second, versionOf(first))) continue;
        able.push(
          new Map([
            ...change(first, { version: versionOf(second) }),
            ...change(second, { version: versionOf(first) }),
          ]),
        );
      }
    }
    return middleOf(able, 'two writes whose sessions did not look');
  }

  /** Two writes of a znode make one version of it, so that of one nothing is left. */
  lostUpdate(): Lie {
    const able: Lie[] = [];
    for (const writes of this.#byPath(this.#answered('write', 'cas')).values()) {
      const made = new Map(writes.map((write) => [versionOf(write), write]));
      for (const write of writes) {
        const version = versionOf(write) - 1;
        if (write.f !== 'write' || !made.has(version) || !this.#fits(write, version)) continue;
        const stat = write.completion.stat?.with(statPlaces.version, version) ?? [];
        able.push(change(write, { version, stat }));
      }
    }
    return middleOf(able, 'a write behind another that is known');
  }

  /** A session is shown what another one was shown before it, and a newer version it had seen itself. */
  staleRead(): Lie {
    const able: Lie[] = [];
    for (const reads of this.#byPath(this.#answered('read', 'write')).values()) {
      for (const [position, read] of reads.entries()) {
        if (read.f !== 'read') continue;
        const older = reads.slice(Math.max(0, position - 40), position).find((each) => each.f === 'read');
        if (older === undefined || older.completion.session === read.completion.session) continue;
        const own = this.#lastSeen(read);
        if (own === null || versionOf(own) <= versionOf(older)) continue;
        const { value, version, zxid, stat } = older.completion;
        able.push(change(read, { value, version, zxid, stat }));
      }
    }
    return middleOf(able, 'a read behind a newer one of its session');
  }

  /** An event that announced an acknowledged change is not there, and the reply that shows the change is. */
  missedWatch(): Lie {
    const acknowledged = new Set(
      this.#answered('watch').flatMap((call) =>
        watchOf(call).answers.flatMap(({ op, path, zxid, failure }) =>
          op === 'set' && failure === undefined ? [`${path} ${zxid}`] : [],
        ),
      ),
    );
    const able = this.#answered('watch').flatMap((call): Lie[] => {
      const { journal } = watchOf(call);
      const place = journal.findIndex((entry, index) => {
        const [next] = journal.slice(index + 1);
        const before = index === 0 ? undefined : journal[index - 1];
        if (entry.got !== 'event' || entry.event !== 'dataChanged') return false;
        if (before?.got !== 'reply' || next?.got !== 'reply' || next.path !== entry.path) return false;
        return (next.mzxid ?? 0) > before.zxid && acknowledged.has(`${next.path} ${next.mzxid}`);
      });
      return place < 0 ? [] : [withJournal(call, journal.toSpliced(place, 1))];
    });
    return middleOf(able, 'an event of an acknowledged change');
  }

  /** A one-shot watch of a session without others fires twice. */
  duplicatedWatch(): Lie {
    const isStanding = (entry: JournalEntry): boolean =>
      entry.got === 'watch' && (entry.arms === 'persistent' || entry.arms === 'recursive');
    const standing = new Set(
      this.#answered('watch').flatMap((call) =>
        watchOf(call).journal.some(isStanding) ? [call.completion.session] : [],
      ),
    );
    const able = this.#answered('watch').flatMap((call): Lie[] => {
      const { journal } = watchOf(call);
      const place = journal.findIndex((entry) => entry.got === 'event' && entry.event === 'dataChanged');
      const [event] = place < 0 ? [] : [journal[place]];
      if (event === undefined || standing.has(call.completion.session)) return [];
      return [withJournal(call, journal.toSpliced(place, 0, event))];
    });
    return middleOf(able, 'an event of a one-shot watch');
  }

  /** Behind a barrier an ephemeral is seen whose session had been closed before. */
  outlivingEphemeral(): Lie {
    const creates = new Map(this.#answered('ephemeral-create').map((call) => [pathOf(call), call]));
    const closes = new Map(
      this.#answered('session-close').map((call) => [call.completion.session ?? '', call]),
    );
    const able = this.#answered('ephemeral-sync-peek').flatMap((look): Lie[] => {
      const create = creates.get(pathOf(look));
      const owner = create?.completion.session ?? '';
      const close = closes.get(owner);
      if (create === undefined || close === undefined) return [];
      if (close.completion.time >= look.invocation.time) return [];
      return [change(look, { value: [pathOf(look), { owner, czxid: zxidOf(create) }] })];
    });
    return middleOf(able, 'a look at what a closed session created');
  }

  /** Completions of one kind that `lie` can change; it answers null where it cannot. */
  lieAbout(f: string, lie: (value: unknown) => unknown): Lie {
    const able = this.#answered(f).flatMap((call) => {
      const value = lie(structuredClone(call.completion.value));
      return value === null ? [] : [change(call, { value })];
    });
    return middleOf(able, f);
  }

  #answered(...functions: readonly string[]): Answered[] {
    const wanted = new Set(functions);
    return this.#calls.filter(isReplied).filter(({ f, outcome }) => outcome === 'ok' && wanted.has(f));
  }

  #byPath(calls: readonly Answered[]): Map<string, Answered[]> {
    return Map.groupBy(calls, pathOf);
  }

  /** What the session of a call was answered about its znode, the call among it. */
  #sightingsOf(call: Answered): readonly Answered[] {
    return this.#sightings.get(keyOf(call)) ?? [];
  }

  /** Told that it made this version, the call is neither behind nor ahead of what its session sees of the znode. */
  #fits(call: Answered, version: number): boolean {
    return this.#sightingsOf(call).every((other) => {
      if (other === call || other.completion.version === undefined) return true;
      const isBefore = other.completion.index < call.completion.index;
      return isBefore ? versionOf(other) < version : versionOf(other) > version;
    });
  }

  /** The session's last reply about the znode before this one. */
  #lastSeen(call: Answered): Answered | null {
    const known = this.#sightingsOf(call).findLast(
      (other) =>
        other.completion.index < call.completion.index &&
        other.completion.version !== undefined &&
        (other.f === 'read' || other.f === 'write'),
    );
    return known ?? null;
  }
}

function isReplied(call: Call): call is Answered {
  return call.completion !== null && call.outcome !== 'info';
}

function change({ completion }: Answered, changes: Partial<Operation>): Lie {
  return new Map([[completion.index, { ...completion, ...changes }]]);
}

function withJournal(call: Answered, journal: readonly JournalEntry[]): Lie {
  const [root] = call.completion.value as [string, WatchOutcome];
  return change(call, { value: [root, { ...watchOf(call), journal }] });
}

function watchOf({ completion }: Answered): WatchOutcome {
  return (completion.value as [string, WatchOutcome])[1];
}

function keyOf(call: Answered): string {
  return `${call.completion.session} ${pathOf(call)}`;
}

function pathOf({ invocation }: Call): string {
  return (invocation.value as [string])[0];
}

function zxidOf(call: Call | null): number {
  return call?.completion?.zxid ?? 0;
}

function versionOf({ completion }: Call): number {
  return completion?.version ?? -1;
}

function middleOf(able: readonly Lie[], what: string): Lie {
  const lie = able[Math.floor(able.length / 2)];
  assert.ok(lie !== undefined, `the history has no place for a lie about ${what}`);
  return lie;
}
