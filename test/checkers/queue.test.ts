import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { queue } from '../../checkers/queue.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { assertionsOf } from './assertions.ts';
import { contextOf, draw, type Drawn } from './draw.ts';

const parent = '/queue/0';
type More = Omit<Drawn, 'f' | 'value' | 'result'>;

/** Element and number, `e7-0000000003`. */
function nameOf(id: number, number: number): string {
  return `e${id}-${String(number).padStart(10, '0')}`;
}

/** A zxid is ten times the millisecond in which the call ends, unless told. */
function offer(id: number, number: number, more: More, path = parent): Drawn {
  const result = (more.type ?? 'ok') === 'ok' ? { result: [path, { id, name: nameOf(id, number) }] } : {};
  return { f: 'offer', value: [path, id], ...result, zxid: (more.to ?? 0) * 10, ...more };
}

function take(name: string, more: More, path = parent, id = Number(/^e(\d+)-/.exec(name)?.[1])): Drawn {
  const result = (more.type ?? 'ok') === 'ok' ? { result: [path, { name, id }] } : {};
  return { f: 'take', value: [path, name], ...result, zxid: (more.to ?? 0) * 10, ...more };
}

function list(names: readonly string[], at: number, more: More, f = 'queue-list'): Drawn {
  return { f, value: [parent, null], result: [parent, { names, at }], server: 2, ...more };
}

const exercise = Array.from({ length: 10 }, (_, index) => [
  offer(index, index, { from: index, to: index + 0.2 }, '/queue/9'),
  take(nameOf(index, index), { from: index + 0.4, to: index + 0.6 }, '/queue/9'),
]).flat();

function check(calls: readonly Drawn[]): GuaranteeResult {
  return queue.check(draw([...exercise, ...calls]), contextOf());
}

const { assertPass, assertViolated } = assertionsOf(check);

const [seven, eight] = [nameOf(7, 1), nameOf(8, 2)];
const offers = [offer(7, 1, { from: 100, to: 101 }), offer(8, 2, { from: 102, to: 103 })];

describe('a queue', () => {
  it('loses nothing that nobody took', () => {
    const late = list([eight], 1030, { from: 110, to: 111 });
    const stale = list([], 900, { from: 110, to: 111 });

    assertViolated(/lost: "e7-0000000001".*nobody took it/, [...offers, late]);
    assertPass([...offers, stale]);
  });

  it('loses nothing at the end either', () => {
    const end = list([eight], 1030, { from: 110, to: 111 }, 'final-queue');
    const refused = take(seven, { from: 104, to: 105, type: 'fail' });

    assertViolated(/lost: .*on server 2/, [...offers, refused, end]);
  });

  it('shows an element until it is taken', () => {
    const taken = take(seven, { from: 104, to: 120 });

    assertViolated(/lost: .*it was taken with zxid 0x4b0/, [
      ...offers,
      taken,
      list([eight], 1199, { from: 110, to: 111 }),
    ]);
    assertPass([...offers, taken, list([eight], 1200, { from: 121, to: 122 })]);
  });

  it('allows a take without a reply either way', () => {
    const doubtful = take(seven, { from: 104 });

    assertPass([...offers, doubtful, list([eight], 1030, { from: 110, to: 111 })]);
    assertPass([...offers, doubtful, list([seven, eight], 1030, { from: 110, to: 111 })]);
    assertViolated(/lost/, [
      ...offers,
      list([eight], 1030, { from: 110, to: 111 }),
      take(seven, { from: 112 }),
    ]);
  });

  it('allows an offer without a reply either way, and once', () => {
    const doubtful = offer(9, 3, { from: 104, type: 'info', to: 105 });
    const shown = list([seven, eight, nameOf(9, 3)], 1040, { from: 110, to: 111 });
    const twice = list([seven, eight, nameOf(9, 3), nameOf(9, 4)], 1050, { from: 112, to: 113 });

    assertPass([...offers, doubtful, list([seven, eight], 1030, { from: 110, to: 111 })]);
    assertPass([...offers, doubtful, shown]);
    assertViolated(/duplicated: element 9 was offered once/, [...offers, doubtful, shown, twice]);
  });

  it('gives an element to one consumer', () => {
    const once = take(seven, { from: 104, to: 105 });
    const again = take(seven, { from: 106, to: 107 });

    assertViolated(/duplicated: "e7-0000000001" was taken by process/, [...offers, once, again]);
    assertPass([...offers, once, { ...again, type: 'fail' }]);
  });

  it('does not bring back what was taken', () => {
    const once = take(seven, { from: 104, to: 105 });

    assertViolated(/back: "e7-0000000001"/, [
      ...offers,
      once,
      list([seven, eight], 1050, { from: 110, to: 111 }),
    ]);
    assertPass([...offers, once, list([seven, eight], 1049, { from: 110, to: 111 })]);
  });

  it('keeps the order of the offers, by zxid and in time', () => {
    const later = offer(9, 0, { from: 104, to: 105 });
    const laterByTime = offer(9, 0, { from: 104, to: 105, zxid: 1005 });
    const concurrent = offer(9, 0, { from: 99, to: 105, zxid: 1005 });

    assertViolated(/reordered: .*with zxids/, [...offers, later]);
    assertViolated(/reordered: .*in time/, [...offers, laterByTime]);
    assertPass([...offers, concurrent]);
  });

  it('invents nothing', () => {
    const shown = list([seven, eight, nameOf(9, 3)], 1040, { from: 110, to: 111 });
    const refused = offer(9, 3, { from: 104, to: 105, type: 'fail' });

    assertViolated(/invented: "e9-0000000003", which nobody offered/, [...offers, shown]);
    assertViolated(/invented: .*whose offer failed for certain/, [...offers, refused, shown]);
  });

  it('alters nothing', () => {
    assertViolated(/altered: "e7-0000000001" held 8/, [
      ...offers,
      take(seven, { from: 104, to: 105 }, parent, 8),
    ]);
  });

  it('from which nothing is taken is not exercised', () => {
    assert.equal(queue.check(draw(offers), contextOf()).verdict, 'not-exercised');
  });
});
