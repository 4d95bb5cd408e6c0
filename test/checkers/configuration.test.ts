import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { configuration } from '../../checkers/configuration.ts';
import type { SeenConfiguration } from '../../checkers/configuration.ts';
import type { FollowerReport } from '../../checkers/followed-znode.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Drawn } from './draw.ts';
import { contextOf, draw } from './draw.ts';
import { armed, asked, event, held, report } from './draw-followers.ts';

const path = '/configuration/current';
type More = Partial<Omit<Drawn, 'f' | 'value' | 'result'>> & { readonly from: number };

function publish(id: number, version: number, more: More): Drawn {
  return { f: 'configuration-publish', value: [path, id], version, to: more.from + 1, ...more };
}

function retire(id: number, more: More): Drawn {
  return { f: 'configuration-retire', value: [path, id], to: more.from + 1, ...more };
}

function read(seen: SeenConfiguration, version: number, more: More): Drawn {
  const asked = { f: 'configuration-read', value: [path, null], result: [path, seen], version };
  return { ...asked, to: more.from + 1, ...more };
}

function check(reported: FollowerReport, more: More): Drawn {
  return {
    f: 'configuration-check',
    value: [path, null],
    result: [path, reported],
    to: more.from + 1,
    ...more,
  };
}

function whole(id: number): SeenConfiguration {
  return { id, parts: [id, id, id] };
}

/** A follower that takes up ten configurations, one at a time; they have the ids 1 to 10 at versions 1 to 10. */
const exercise: readonly Drawn[] = Array.from({ length: 10 }, (_, index) => index + 1).flatMap((id) => [
  publish(id, id, { from: 10 * id }),
  check(report([event, armed(id), held(id, whole(id))]), { from: 10 * id + 5 }),
]);

function judge(calls: readonly Drawn[], servers = [1, 2, 3]): GuaranteeResult {
  const context = contextOf({ quorumSyncServers: new Set(servers) });
  return configuration.check(draw([...exercise, ...calls]), context);
}

function assertPass(calls: readonly Drawn[]): void {
  const result = judge(calls);
  assert.equal(result.verdict, 'pass', result.reason);
}

function assertViolated(pattern: RegExp, calls: readonly Drawn[]): void {
  const result = judge(calls);
  assert.equal(result.verdict, 'violated');
  assert.equal(result.evidence.length, 1, result.reason);
  assert.match(result.reason ?? '', pattern);
}

describe('a configuration', () => {
  it('is seen whole', () => {
    assertPass([read(whole(10), 10, { from: 200 })]);
    assertViolated(/configuration 10 with parts \[10,null,10\]/, [
      read({ id: 10, parts: [10, null, 10] }, 10, { from: 200 }),
    ]);
    assertViolated(/a torn name/, [read({ id: null, parts: [0, 0, 0] }, 10, { from: 200 })]);
    assertViolated(/with parts \[9,10,10\]/, [read({ id: 10, parts: [9, 10, 10] }, 10, { from: 200 })]);
  });

  it('is seen whole by followers', () => {
    const torn = report([event, armed(11), held(11, { id: 11, parts: [11, 11, null] })]);

    assertViolated(/configuration-check .* parts \[11,11,null\]/, [
      publish(11, 11, { from: 200 }),
      check(torn, { from: 210 }),
    ]);
  });

  it('may have lost parts that somebody asked to remove', () => {
    const seen = read({ id: 5, parts: [null, 5, null] }, 5, { from: 200 });

    assertPass([retire(5, { from: 190 }), seen]);
    assertPass([retire(5, { from: 190, type: 'info' }), seen]);
    assertViolated(/parts \[null,5,null\]/, [retire(5, { from: 190, type: 'fail' }), seen]);
    assertViolated(/parts \[null,5,null\]/, [seen, retire(5, { from: 210 })]);
  });

  it('may be an old one', () => {
    assertPass([read(whole(3), 3, { from: 200 })]);
  });

  it('is the one that its version has', () => {
    assertViolated(/configuration 9 at version 10, and there was/, [read(whole(9), 10, { from: 200 })]);
    assertViolated(/configuration 10 at version 11, and there was 10 at version 10/, [
      read(whole(10), 11, { from: 200 }),
    ]);
  });

  it('in doubt may come to be or not, and one that was refused may not', () => {
    const seen = read(whole(11), 11, { from: 210 });
    const unanswered = (type: 'info' | 'fail'): Drawn => publish(11, 11, { from: 200, type });

    assertPass([unanswered('info')]);
    assertPass([unanswered('info'), seen]);
    assertPass([unanswered('fail')]);
    assertViolated(/configuration 11 .* which was refused for certain/, [unanswered('fail'), seen]);
    assertViolated(/configuration 11 .* which nobody published/, [seen]);
  });
});

describe('who follows a configuration', () => {
  it('misses no change', () => {
    assertViolated(/had a watch at version 10 and was shown version 11/, [
      publish(11, 11, { from: 200 }),
      check(report([asked(11)]), { from: 210 }),
    ]);
  });

  it('is up to date behind a barrier, where the server has one', () => {
    const calls = [publish(11, 11, { from: 200 }), check(report([asked(10)]), { from: 210 })];

    assertViolated(/was shown version 10 behind a sync .* after configuration-publish .* version 11/, calls);
    assert.equal(judge(calls, []).verdict, 'pass');
    assertPass([publish(11, 11, { from: 200 }), check(report([asked(10)]), { from: 200.5 })]);
  });

  it('is judged by the last reports too', () => {
    const last = report([event, asked(11)], { held: 10 });

    assertViolated(/went by version 10/, [
      publish(11, 11, { from: 200 }),
      { ...check(last, { from: 300 }), f: 'final-followers', result: [path, [last]] },
    ]);
  });
});

describe('configurations', () => {
  it('are not exercised by a few', () => {
    assert.equal(configuration.check(draw(exercise.slice(2)), contextOf()).verdict, 'not-exercised');
  });
});
