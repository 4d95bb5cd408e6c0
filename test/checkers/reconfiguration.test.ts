import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { reconfiguration } from '../../checkers/reconfiguration.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { contextOf, draw } from './draw.ts';
import type { Drawn } from './draw.ts';

const path = '/zookeeper/config';
type Members = Readonly<Record<string, string>>;
type More = Partial<Omit<Drawn, 'f' | 'value' | 'result'>> & { readonly from: number };

const whole = { 1: 'participant', 2: 'participant', 3: 'participant' };
const withoutThree = { 1: 'participant', 2: 'participant' };
const threeObserves = { ...whole, 3: 'observer' };

function read(version: number, members: Members, more: More): Drawn {
  return {
    f: 'config-read',
    value: [path, null],
    result: [path, { version, members }],
    to: more.from + 5,
    ...more,
  };
}

interface Asked {
  /** −1: any. */
  readonly asked?: number;
  readonly seen: number;
  /** The whole unless told. */
  readonly sees?: Members;
  readonly made: number;
  /** What it made, where that is not what it wanted. */
  readonly makes?: Members;
}

function change(result: Members | null, { asked, seen, sees, made, makes }: Asked, more: More): Drawn {
  const value = { how: 'incremental', leave: [], join: [], on: 'seen', result, whole };
  const outcome = {
    ...value,
    asked: asked ?? seen,
    seen: { version: seen, members: sees ?? whole },
    made: { version: made, members: makes ?? result ?? whole },
  };
  const isAnswered = (more.type ?? 'ok') === 'ok';
  return {
    f: 'reconfig',
    value: [path, value],
    ...(isAnswered ? { result: [path, outcome], zxid: made } : {}),
    to: more.from + 5,
    ...more,
  };
}

function finals(version: number, members: Members, servers = [1, 2, 3]): Drawn[] {
  return servers.map((server) => ({
    f: 'final-config',
    value: [path, null],
    result: [path, { version, members }],
    from: 1000,
    to: 1005,
    server,
  }));
}

function judge(calls: readonly Drawn[]): GuaranteeResult {
  return reconfiguration.check(draw(calls), contextOf());
}

function assertViolated(sentence: RegExp, ...calls: readonly Drawn[]): void {
  const result = judge(calls);
  assert.equal(result.verdict, 'violated');
  assert.match(result.evidence[0]?.sentence ?? '', sentence);
  assert.equal(result.evidence.length, 1, JSON.stringify(result.evidence));
}

function assertNothing(...calls: readonly Drawn[]): void {
  assert.deepEqual(judge(calls).evidence, []);
}

describe('reconfiguration', () => {
  it('passes where each change follows the one before', () => {
    const result = judge([
      change(withoutThree, { seen: 1, made: 5 }, { from: 0 }),
      change(whole, { asked: -1, seen: 5, sees: withoutThree, made: 6 }, { from: 10 }),
      change(threeObserves, { seen: 6, made: 9 }, { from: 20 }),
      read(5, withoutThree, { from: 30 }),
      ...finals(9, threeObserves),
    ]);

    assert.equal(result.verdict, 'pass', result.reason);
    assert.equal(result.opportunities, 3);
  });

  it('is not exercised by reads', () => {
    assert.equal(judge([read(1, whole, { from: 0 }), ...finals(1, whole)]).verdict, 'not-exercised');
  });

  it('is in doubt about a server that did not answer in the end', () => {
    const result = judge([read(1, whole, { from: 0 }), ...finals(1, whole, [1, 3])]);

    assert.equal(result.verdict, 'inconclusive');
    assert.match(result.reason ?? '', /no final read of \/zookeeper\/config from server 2/);
  });
});

describe('an acknowledged change', () => {
  it('must not be one that had to be refused', () => {
    assertViolated(/which had to be refused/, change(null, { seen: 1, made: 5 }, { from: 0 }));
    assertNothing(change(null, { seen: 1, made: 5 }, { from: 0, type: 'fail' }));
  });

  it('makes what was asked for', () => {
    const wrong = change(withoutThree, { seen: 1, made: 5, makes: threeObserves }, { from: 0 });

    assertViolated(/made 1, 2, 3 observer where 1, 2 was asked for/, wrong);
  });

  it('makes the version of its own zxid', () => {
    assertViolated(/with zxid 0x6, and made version 0x5/, {
      ...change(withoutThree, { seen: 1, made: 5 }, { from: 0 }),
      zxid: 6,
    });
  });

  it('makes a version that nobody else makes', () => {
    assertViolated(
      /both made version 0x5/,
      change(withoutThree, { asked: -1, seen: 1, made: 5 }, { from: 0 }),
      change(withoutThree, { asked: -1, seen: 1, made: 5 }, { from: 0 }),
    );
  });

  it('makes a higher version than one before it, but not than one beside it', () => {
    const first = change(whole, { asked: -1, seen: 1, made: 6 }, { from: 0 });

    assertViolated(
      /made version 0x5, and began after .* had made 0x6/,
      first,
      change(whole, { asked: -1, seen: 1, made: 5 }, { from: 10 }),
    );
    assertNothing(first, change(whole, { asked: -1, seen: 1, made: 5 }, { from: 5 }));
  });

  it('follows the configuration that it was for at once', () => {
    const between = change(withoutThree, { seen: 1, made: 5 }, { from: 0 });

    assertViolated(
      /for version 0x1 and made 0x7, although 0x5 came between/,
      between,
      change(threeObserves, { seen: 1, made: 7 }, { from: 0 }),
    );
    assertNothing(between, change(threeObserves, { asked: -1, seen: 1, made: 7 }, { from: 0 }));
    assertNothing(between, change(whole, { seen: 5, sees: withoutThree, made: 7 }, { from: 0 }));
  });

  it('is on every server in the end, or a newer one is', () => {
    const made = change(withoutThree, { seen: 1, made: 5 }, { from: 0 });

    assertViolated(
      /final-config of server 2 .* ends with version 0x1; the reconfig .* made 0x5/,
      made,
      ...finals(1, whole, [2]),
      ...finals(5, withoutThree, [1, 3]),
    );
    assertNothing(made, ...finals(8, whole));
  });
});

describe('a configuration', () => {
  it('is the same for all who see its version', () => {
    assertViolated(
      /version 0x1 is 1, 2, 3 for .* and 1, 2 for /,
      read(1, whole, { from: 0 }),
      read(1, withoutThree, { from: 10 }),
    );
  });

  it('may be old, but not older than before in the same session', () => {
    const made = change(whole, { seen: 1, made: 5 }, { from: 0, session: '01' });

    assertViolated(
      /session 01 saw version 0x5 by the reconfig .*, and 0x1 by the config-read/,
      made,
      read(1, whole, { from: 10, session: '01' }),
    );
    assertNothing(made, read(1, whole, { from: 10, session: '02' }));
  });

  it('comes of a change that was acknowledged or is in doubt', () => {
    const refused = change(withoutThree, { seen: 1, made: 5 }, { from: 10, type: 'fail' });
    const doubtful = change(withoutThree, { seen: 1, made: 5 }, { from: 10, type: 'info' });
    const before = read(1, whole, { from: 0 });
    const after = read(5, withoutThree, { from: 20 });

    assertViolated(/comes of no change that was acknowledged or is in doubt/, before, refused, after);
    assertNothing(before, doubtful, after);
    assertViolated(/comes of no change/, before, read(5, withoutThree, { from: 2 }), doubtful);
  });

  it('may be put together again by the run', () => {
    const refused = change(withoutThree, { seen: 1, made: 5 }, { from: 10, type: 'fail' });

    assertNothing(read(1, whole, { from: 0 }), refused, ...finals(9, whole));
  });
});
