import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { watches } from '../../checkers/watches.ts';
import type {
  ArmEntry,
  EventEntry,
  JournalEntry,
  ReplyEntry,
  WatchAnswer,
  WatchEventType,
  WatchStep,
} from '../../checkers/watches/watch-history.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { contextOf, draw } from './draw.ts';
import type { Drawn } from './draw.ts';

const root = '/watch';
const path = '/watch/0';
const child = '/watch/0/a';
const grandchild = '/watch/0/a/x';

const event = (type: WatchEventType, at = path): EventEntry => ({ got: 'event', event: type, path: at });
const armed = (arms: ArmEntry['arms'], at = path): ArmEntry => ({ got: 'watch', arms, path: at });
const reply = (zxid: number, more: Partial<ReplyEntry> = {}): ReplyEntry => {
  return { got: 'reply', op: 'getData', zxid, ...more };
};
const lost = (zxid: number): JournalEntry => ({ got: 'lost', zxid });
const attached: JournalEntry = { got: 'attached' };
const restored = (zxid: number): JournalEntry => ({ got: 'restored', zxid });

const set = (zxid: number, at = path): WatchAnswer => ({ op: 'set', path: at, value: zxid, zxid });
const create = (zxid: number, at = child): WatchAnswer => ({ op: 'create', path: at, zxid });
const remove = (zxid: number, at = child): WatchAnswer => ({ op: 'delete', path: at, zxid });

/** One session that received this, while another made these changes. */
function judge(
  journal: readonly JournalEntry[],
  answers: readonly WatchAnswer[],
  more: readonly Drawn[] = [],
): GuaranteeResult {
  const value = [root, []];
  const history = draw([
    { f: 'watch', value, from: 0, to: 10, session: 'b', result: [root, { answers, journal: [] }] },
    { f: 'watch', value, from: 0, to: 20, session: 'a', result: [root, { answers: [], journal }] },
    ...more,
  ]);
  return watches.check(history, contextOf());
}

/** A write whose reply was lost: it may have happened. */
function inDoubt(step: WatchStep): Drawn {
  return { f: 'watch', value: [root, [step]], from: 0, to: 30, type: 'info' };
}

function assertAccepted(...args: Parameters<typeof judge>): void {
  const { verdict, reason } = judge(...args);
  assert.equal(verdict, 'not-exercised', reason);
}

function assertRejected(pattern: RegExp, ...args: Parameters<typeof judge>): void {
  const { verdict, evidence } = judge(...args);
  assert.equal(verdict, 'violated');
  assert.match(evidence[0]?.sentence ?? '', pattern);
}

describe('watches', () => {
  it('passes when enough changes are told', () => {
    const zxids = Array.from({ length: 10 }, (_, index) => 10 + index);
    const journal = zxids.flatMap((zxid) => [reply(zxid - 1), armed('data'), event('dataChanged')]);

    const { verdict, opportunities } = judge(
      journal,
      zxids.map((zxid) => set(zxid)),
    );

    assert.deepEqual([verdict, opportunities], ['pass', 10]);
  });

  describe('one-shot', () => {
    it('fires once for each arming', () => {
      const journal = [reply(5), armed('data'), event('dataChanged'), reply(6)];

      assertAccepted([...journal, reply(8)], [set(6), set(7)]);
      assertAccepted([...journal, armed('data'), event('dataChanged'), reply(8)], [set(6), set(7)]);
      assertRejected(/no watch was armed/, [...journal, event('dataChanged')], [set(6), set(7)]);
    });

    it('may be armed twice before it fires, and fires once', () => {
      const journal = [reply(5), armed('data'), reply(5), armed('data'), event('dataChanged'), reply(6)];

      assertAccepted(journal, [set(6)]);
      assertRejected(/no watch was armed/, [...journal, event('dataChanged'), reply(7)], [set(6), set(7)]);
    });

    it('says nothing of a path that nobody watches', () => {
      assertRejected(/no watch was armed/, [reply(5), event('dataChanged')], [set(6)]);
      assertRejected(/no watch was armed/, [reply(5), armed('child'), event('dataChanged')], [set(6)]);
    });

    it('of data and of children tells of a delete together', () => {
      const journal = [reply(5), armed('data'), armed('child'), event('deleted'), reply(6)];

      assertAccepted(journal, [remove(6, path)]);
      assertRejected(/no watch was armed/, [...journal, event('deleted')], [remove(6, path)]);
    });

    it('of children tells of each that comes or goes, and of nothing else', () => {
      const before = [reply(5), armed('child')];

      assertAccepted([...before, event('childrenChanged'), reply(6)], [create(6)]);
      assertAccepted([...before, event('childrenChanged'), reply(6)], [remove(6)]);
      assertAccepted([...before, reply(6)], [set(6, child)]);
      assertRejected(/never came/, [...before, reply(6)], [remove(6)]);
      assertRejected(/no write made/, [...before, event('childrenChanged'), reply(6)], [set(6, child)]);
    });
  });

  describe('event before data', () => {
    it('comes before a reply that shows the change or a later one', () => {
      const before = [reply(5), armed('data')];

      assertAccepted([...before, event('dataChanged'), reply(6)], [set(6)]);
      assertAccepted([...before, reply(5), event('dataChanged'), reply(7)], [set(6)]);
      assertRejected(/only behind it/, [...before, reply(6), event('dataChanged')], [set(6)]);
      assertRejected(/never came/, [...before, reply(7)], [set(6)]);
    });

    it('is not owed where the read that armed it shows the change', () => {
      assertAccepted([reply(6), armed('data'), reply(9)], [set(6)]);
    });

    it('is owed for a write whose reply was lost, when its Stat was seen', () => {
      const doubt = [inDoubt({ op: 'set', path, value: 1 })];
      const seen = reply(6, { path, czxid: 1, mzxid: 6 });

      assertAccepted([reply(5), armed('data'), reply(6)], [], doubt);
      assertAccepted([reply(5), armed('data'), event('dataChanged'), seen], [], doubt);
      assertRejected(/never came/, [reply(5), armed('data'), seen], [], doubt);
    });

    it('of a znode that was absent comes with its create', () => {
      assertAccepted([reply(5), armed('exist', child), event('created', child), reply(6)], [create(6)]);
      assertRejected(/never came/, [reply(5), armed('exist', child), reply(6)], [create(6)]);
    });

    it('counts what a ping showed before the connection was lost', () => {
      assertAccepted([reply(5), armed('data'), lost(5)], [set(6)]);
      assertAccepted([reply(5), armed('data'), event('dataChanged'), lost(5)], [set(6)]);
      assertRejected(/ping/, [reply(5), armed('data'), lost(6)], [set(6)]);
    });
  });

  describe('order', () => {
    it('is that of the changes', () => {
      const before = [reply(5), armed('data'), armed('data', child)];
      const first = event('dataChanged');
      const second = event('dataChanged', child);

      assertAccepted([...before, first, second, reply(7)], [set(6), set(7, child)]);
      assertRejected(/happened first/, [...before, second, first, reply(7)], [set(6), set(7, child)]);
    });

    it('of a multi is that of its operations', () => {
      const before = [reply(5), armed('data'), armed('data', child)];
      const changes = [set(0), set(0, child)].map(({ op, path: at }): WatchStep => ({ op, path: at }));
      const multi: WatchAnswer = { op: 'multi', path, changes, zxid: 6 };

      assertAccepted([...before, event('dataChanged'), event('dataChanged', child), reply(6)], [multi]);
      assertRejected(/never came/, [...before, event('dataChanged'), reply(6)], [multi]);
    });
  });

  it('leaves the order within a multi open when only its Stats were seen', () => {
    const changes: WatchStep[] = [
      { op: 'set', path },
      { op: 'set', path: child },
    ];
    const doubt = [inDoubt({ op: 'multi', path, changes })];
    const seen = [child, path].map((at) => reply(6, { path: at, czxid: 1, mzxid: 6 }));
    const before = [reply(5), armed('recursive')];

    assertAccepted([...before, event('dataChanged'), event('dataChanged', child), ...seen], [], doubt);
    assertRejected(/never came/, [...before, event('dataChanged', child), ...seen], [], doubt);
  });

  describe('an event without a change', () => {
    const told = [reply(5), armed('data'), event('dataChanged'), reply(7)];

    it('comes of nothing', () => {
      assertRejected(/no write made/, told, [set(5)]);
      assertRejected(/no write made/, told, [{ op: 'set', path, failure: 'refused' }]);
    });

    it('may come of a write in doubt', () => {
      assertAccepted(told, [{ op: 'set', path, failure: 'lost' }]);
      assertAccepted(told, [], [inDoubt({ op: 'set', path, value: 1 })]);
    });

    it('of another type than the change is wrong', () => {
      assertRejected(/did not come before/, [reply(5), armed('data'), event('deleted'), reply(6)], [set(6)]);
    });
  });

  describe('persistent', () => {
    it('tells of every change, once', () => {
      const before = [reply(5), armed('persistent')];
      const both = [event('dataChanged'), event('childrenChanged')];

      assertAccepted([...before, ...both, reply(7)], [set(6), create(7)]);
      assertRejected(/never came/, [...before, event('dataChanged'), reply(7)], [set(6), set(7)]);
      const twice = [...before, event('dataChanged'), event('dataChanged'), reply(6)];
      assertRejected(/no write made/, twice, [set(6)]);
    });

    it('hears of children and not of what is below them', () => {
      assertAccepted([reply(5), armed('persistent'), reply(7)], [create(6, grandchild), set(7, child)]);
    });

    it('and recursive hears of all below, and never that children changed', () => {
      const before = [reply(5), armed('recursive')];
      const told = [event('created', child), event('created', grandchild)];

      assertAccepted([...before, ...told, reply(7)], [create(6), create(7, grandchild)]);
      const short = [...before, event('created', child), reply(7)];
      assertRejected(/never came/, short, [create(6), create(7, grandchild)]);
      const more = [...before, event('created', child), event('childrenChanged'), reply(6)];
      assertRejected(/no watch was armed/, more, [create(6)]);
    });

    it('stays beside a one-shot watch of the same path', () => {
      const before = [reply(5), armed('persistent'), armed('data'), event('dataChanged'), reply(6)];

      assertAccepted([...before, event('dataChanged'), reply(7)], [set(6), set(7)]);
      assertRejected(/never came/, [...before, reply(7)], [set(6), set(7)]);
    });

    it('is named as the known defect where another mode on its path explains that it is forgotten', () => {
      const forgotten = /forgot that watch .*ZOOKEEPER-4466/;
      const both = [armed('recursive'), armed('data'), event('dataChanged'), reply(11)];
      assertRejected(forgotten, [...both, reply(12)], [set(11), create(12)]);
      const again = [...both, armed('recursive'), reply(12)];
      assert.doesNotMatch(judge(again, [set(11), create(12)]).reason ?? '', forgotten);
      const anew = [...both, lost(11), attached, restored(11), reply(12)];
      assert.doesNotMatch(judge(anew, [set(11), create(12)]).reason ?? '', forgotten);
      const apart = [armed('recursive'), armed('data', '/watch/1'), reply(12)];
      assert.doesNotMatch(judge(apart, [create(12)]).reason ?? '', forgotten);
    });

    it('misses what happened while the session was not connected', () => {
      const journal = [reply(5), armed('persistent'), lost(5), attached, restored(7)];

      assertAccepted([...journal, event('dataChanged'), reply(8)], [set(6), set(7), set(8)]);
      assertRejected(/never came/, [...journal, reply(8)], [set(6), set(7), set(8)]);
      assertRejected(
        /no watch was armed/,
        [...journal.slice(0, 4), event('dataChanged'), restored(7)],
        [set(6)],
      );
    });
  });

  describe('a reconnect', () => {
    const before = [reply(5), armed('data'), lost(5), attached];

    it('tells of what changed meanwhile before the watches are restored', () => {
      assertAccepted([...before, event('dataChanged'), restored(7)], [set(6)]);
      assertRejected(/restored after a reconnect/, [...before, restored(7)], [set(6)]);
    });

    it('leaves the watch in place where nothing changed', () => {
      assertAccepted([...before, restored(5), event('dataChanged'), reply(6)], [set(6)]);
      assertRejected(/never came/, [...before, restored(5), reply(6)], [set(6)]);
      assertRejected(/no write made/, [...before, event('dataChanged'), restored(5)], [set(6, child)]);
    });

    it('tells what is, whatever happened', () => {
      const anew = [remove(6, path), create(7, path)];

      assertAccepted([...before, event('dataChanged'), restored(7)], anew);
      assertAccepted([...before, event('deleted'), restored(6)], anew);
    });

    it('tells once, and of a delete once for each kind of watch', () => {
      const both = [reply(5), armed('data'), armed('child'), lost(5), attached];
      const told = [event('deleted'), event('deleted')];

      assertAccepted([...both, ...told, restored(6)], [remove(6, path)]);
      assertRejected(/no watch was armed/, [...before, ...told, restored(6)], [remove(6, path)]);
    });

    it('need not tell of a znode that came and went again', () => {
      const absent = [reply(5), armed('exist', child), lost(5), attached, restored(7)];

      assertAccepted(absent, [create(6), remove(7)]);
      assertAccepted(absent, [create(6)], [inDoubt({ op: 'delete', path: child })]);
      assertRejected(/restored after a reconnect/, absent, [create(6)]);
    });

    it('may break off before the watches are restored', () => {
      const broken = [...before, lost(5), attached];

      assertAccepted([...broken, event('dataChanged'), restored(6)], [set(6)]);
      assertAccepted([...before, event('dataChanged'), lost(5), attached, reply(6)], [set(6)]);
      assertRejected(/restored after a reconnect/, [...broken, restored(6)], [set(6)]);
    });
  });
});
