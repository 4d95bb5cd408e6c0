import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { sessionOrder } from '../../checkers/session-order.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Drawn } from './draw.ts';
import { contextOf, draw } from './draw.ts';

const root = '/session-order';
const key = `${root}/0`;
const session = '0100000000000001';
const other = '0200000000000002';

type Fields = Readonly<Record<string, unknown>>;

function stat(version: number, mzxid: number, more: Fields = {}): Fields {
  return {
    czxid: 1,
    mzxid,
    ctime: 100,
    mtime: 1000 + mzxid,
    version,
    cversion: 0,
    dataLength: 1,
    numChildren: 0,
    pzxid: 1,
    ...more,
  };
}

/** Steps as they are recorded, each with the zxid of its reply. */
function set(value: number, version: number, zxid: number, more: Fields = {}): Fields {
  return { op: 'set', key, value, zxid, stat: stat(version, zxid, more) };
}

function get(value: number, zxid: number, shown: Fields): Fields {
  return { op: 'get', key, value, zxid, stat: shown };
}

function create(child: string, zxid: number): Fields {
  return { op: 'create', key, child, zxid };
}

function lost(step: Fields): Fields {
  const { zxid: _zxid, stat: _stat, ...asked } = step;
  return { ...asked, failure: 'lost' };
}

function pipeline(steps: readonly Fields[], more: Partial<Drawn> = {}): Drawn {
  return {
    process: 1,
    f: 'pipeline',
    value: [root, steps.map(({ zxid: _zxid, stat: _stat, ...asked }) => asked)],
    result: [root, steps],
    session,
    server: 1,
    from: 0,
    to: 10,
    ...more,
  };
}

/** A later one, of the same session unless told. */
function later(steps: readonly Fields[], more: Partial<Drawn> = {}): Drawn {
  return pipeline(steps, { from: 20, to: 30, ...more });
}

/** Of a third session and another znode, so that a tiny history is not called too short. */
const exercise: readonly Drawn[] = Array.from({ length: 10 }, (_, index) => {
  const about = { key: `${root}/exercise`, value: index + 1000, zxid: 0x1000 + index };
  const shown = stat(index + 1, about.zxid, { dataLength: 4 });
  return pipeline(
    [
      { op: 'set', ...about, stat: shown },
      { op: 'get', ...about, stat: shown },
    ],
    { process: 99, session: '0300000000000003', from: 10 * index, to: 10 * index + 5 },
  );
});

function check(calls: readonly Drawn[]): GuaranteeResult {
  return sessionOrder.check(draw([...calls, ...exercise]), contextOf());
}

function assertPass(calls: readonly Drawn[]): void {
  const result = check(calls);
  assert.equal(result.verdict, 'pass', result.reason);
}

function assertViolated(calls: readonly Drawn[], sentence: string): void {
  const result = check(calls);
  assert.equal(result.verdict, 'violated');
  assert.equal(result.evidence[0]?.sentence, sentence);
}

describe('session order', () => {
  it('accepts a read behind a write that shows it, or a later one', () => {
    assertPass([pipeline([set(5, 1, 0x11), get(5, 0x11, stat(1, 0x11))])]);
    assertPass([
      pipeline([set(5, 1, 0x11), get(6, 0x12, stat(2, 0x12))]),
      pipeline([set(6, 2, 0x12)], { process: 2, session: other }),
    ]);
  });

  it('needs reads behind own writes', () => {
    const result = sessionOrder.check(draw([pipeline([get(0, 0x11, stat(0, 1))])]), contextOf());

    assert.equal(result.verdict, 'not-exercised');
  });

  it('finds a read that overtook an own write', () => {
    assertViolated(
      [pipeline([set(5, 1, 0x11), get(0, 0x11, stat(0, 1))])],
      'get of /session-order/0 by process 1 at 0.010 s shows version 0, its own set of /session-order/0 by process 1 at 0.010 s with version 1',
    );
  });

  it('accepts the older version where the write has no reply', () => {
    assertPass([pipeline([lost(set(5, 1, 0x11)), get(0, 0x10, stat(0, 1))])]);
  });

  it('accepts the older version in another session: reads are local', () => {
    assertPass([
      pipeline([set(5, 1, 0x11)]),
      later([get(0, 0x10, stat(0, 1))], { process: 2, session: other }),
    ]);
  });

  it('finds a read that shows a write behind it', () => {
    assertViolated(
      [pipeline([get(5, 0x11, stat(1, 0x11)), set(5, 1, 0x12, { mzxid: 0x12 })])],
      'get of /session-order/0 by process 1 at 0.010 s shows 5, which its session asked to be written only behind it',
    );
    assertPass([pipeline([get(0, 0x10, stat(0, 1)), set(5, 1, 0x11)])]);
  });

  it('finds a version that goes back from one pipeline to the next', () => {
    const writer = pipeline([set(5, 1, 0x11), set(6, 2, 0x12)], { process: 2, session: other });

    assertViolated(
      [writer, pipeline([get(6, 0x12, stat(2, 0x12))]), later([get(5, 0x12, stat(1, 0x11))])],
      'get of /session-order/0 by process 1 at 0.030 s shows version 1, after it had seen get of /session-order/0 by process 1 at 0.010 s with version 2',
    );
  });

  it('finds a zxid that falls, and a write without one of its own', () => {
    assertViolated(
      [pipeline([set(5, 1, 0x11), get(5, 0x10, stat(1, 0x11))])],
      'get of /session-order/0 by process 1 at 0.010 s came with zxid 0x10, behind set of /session-order/0 by process 1 at 0.010 s with 0x11',
    );
    assertViolated(
      [pipeline([get(0, 0x11, stat(0, 1)), create('c1', 0x11)])],
      'create of /session-order/0/c1 by process 1 at 0.010 s came with zxid 0x11, behind get of /session-order/0 by process 1 at 0.010 s with 0x11',
    );
    assertPass([pipeline([set(5, 1, 0x11), get(5, 0x11, stat(1, 0x11))])]);
  });

  it('finds a Stat without the own create of a child', () => {
    const before = stat(0, 1);
    const after = stat(0, 1, { pzxid: 0x12, cversion: 1, numChildren: 1 });

    assertPass([pipeline([get(0, 0x11, before), create('c1', 0x12), get(0, 0x12, after)])]);
    assertViolated(
      [pipeline([get(0, 0x11, before), create('c1', 0x12), get(0, 0x12, before)])],
      'get of /session-order/0 by process 1 at 0.010 s shows children as of zxid 0x1, although its own create of /session-order/0/c1 by process 1 at 0.010 s told of 0x12',
    );
    assertPass([pipeline([get(0, 0x11, before), lost(create('c1', 0x12)), get(0, 0x12, before)])]);
  });

  it('forgets what it knew of a znode that was made anew', () => {
    assertPass([
      pipeline([set(5, 1, 0x11)]),
      later([get(0, 0x15, stat(0, 0x14, { czxid: 0x14, ctime: 200, pzxid: 0x14 }))]),
    ]);
  });
});

describe('what is true of a znode whoever asks', () => {
  it('one version has one set of data', () => {
    const writer = pipeline([set(5, 1, 0x11)], { process: 2, session: other });

    assertPass([writer, later([get(5, 0x11, stat(1, 0x11))])]);
    assertViolated(
      [writer, pipeline([lost(set(6, 1, 0))], { process: 3 }), later([get(6, 0x12, stat(1, 0x11))])],
      'the data of version 1 is 5 in set by process 2 on server 1 at 0.010 s, and 6 in get by process 1 on server 1 at 0.030 s',
    );
    assertViolated(
      [writer, later([get(5, 0x12, stat(1, 0x11, { mtime: 7 }))])],
      'version 1 is of zxid 0x11 at 1017 with 1 bytes in set by process 2 on server 1 at 0.010 s, and of zxid 0x11 at 7 with 1 bytes in get by process 1 on server 1 at 0.030 s',
    );
  });

  it('two writes never make one version', () => {
    assertViolated(
      [pipeline([set(5, 1, 0x11)]), later([set(6, 1, 0x12)], { process: 2, session: other })],
      'version 1 is of zxid 0x11 at 1017 with 1 bytes in set by process 1 on server 1 at 0.010 s, and of zxid 0x12 at 1018 with 1 bytes in set by process 2 on server 1 at 0.030 s',
    );
  });

  it('a value has one version', () => {
    assertViolated(
      [pipeline([set(5, 1, 0x11)]), later([get(5, 0x12, stat(2, 0x12))], { process: 2, session: other })],
      'the version of 5 is 1 in set by process 1 on server 1 at 0.010 s, and 2 in get by process 2 on server 1 at 0.030 s',
    );
  });

  it('one cversion has one number of children', () => {
    const two = (numChildren: number, from: number): Drawn =>
      pipeline(
        [
          {
            op: 'children',
            key,
            zxid: 0x20,
            childCount: numChildren,
            stat: stat(0, 1, { cversion: 3, pzxid: 9, numChildren }),
          },
        ],
        { process: from, session: `${from}`, from, to: from + 5 },
      );

    assertPass([two(1, 20), two(1, 40)]);
    assertViolated(
      [two(1, 20), two(3, 40)],
      'cversion 3 is of zxid 0x9 with 1 children in children by process 20 on server 1 at 0.025 s, and of zxid 0x9 with 3 children in children by process 40 on server 1 at 0.045 s',
    );
  });

  it('a list is as long as its Stat says, and data too', () => {
    assertViolated(
      [pipeline([{ op: 'children', key, zxid: 0x20, childCount: 2, stat: stat(0, 1, { numChildren: 1 }) }])],
      'children by process 1 on server 1 at 0.010 s lists 2 children, and its Stat counts 1',
    );
    assertViolated(
      [pipeline([get(0, 0x11, stat(0, 1, { dataLength: 4 }))])],
      'get by process 1 on server 1 at 0.010 s shows 0, and its Stat has a data length of 4',
    );
  });

  it('a set is the change that its Stat speaks of', () => {
    assertViolated(
      [pipeline([set(5, 1, 0x11, { mzxid: 0x10 })])],
      'set by process 1 on server 1 at 0.010 s came with zxid 0x11, and its Stat says it was changed by 0x10',
    );
  });

  it('what was read somebody wrote', () => {
    const reader = later([get(5, 0x12, stat(1, 0x11))], { process: 2, session: other });
    const asked = pipeline([{ op: 'set', key, value: 5 }], { to: 5 });

    assertViolated([reader], 'get by process 2 on server 1 at 0.030 s shows 5, which nobody wrote');
    assertViolated(
      [{ ...asked, type: 'fail' }, reader],
      'get by process 2 on server 1 at 0.030 s shows 5, whose set by process 1 failed for certain at 0.005 s',
    );
    assertPass([{ ...asked, type: 'info' }, reader]);
    assertViolated(
      [pipeline([{ op: 'set', key: `${root}/3`, value: 5 }], { to: 5, type: 'info' }), reader],
      'get by process 2 on server 1 at 0.030 s shows 5, which was written to /session-order/3',
    );
  });

  it('final reads count as well', () => {
    const final: Drawn = {
      process: 9,
      f: 'final-stat',
      value: [key, null],
      result: [key, { op: 'get', key, value: 6, stat: stat(1, 0x11) }],
      session: other,
      server: 3,
      zxid: 0x20,
      from: 5000,
      to: 5010,
    };

    assertViolated(
      [pipeline([set(5, 1, 0x11), lost(set(6, 2, 0))]), final],
      'the data of version 1 is 5 in set by process 1 on server 1 at 0.010 s, and 6 in get by process 9 on server 3 at 5.010 s',
    );
    assertPass([pipeline([set(5, 1, 0x11)]), { ...final, result: [key, null] }]);
  });
});
