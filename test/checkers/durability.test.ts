import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { durability } from '../../checkers/durability.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Drawn } from './draw.ts';
import { add, contextOf, draw, finalRegister, finalSet, path, write } from './draw.ts';

const elements = Array.from({ length: 10 }, (_, element) => element);
const acknowledged = elements.map((element) =>
  add(element, { process: 1, from: 10 * element, to: 10 * element + 5 }),
);

function check(calls: readonly Drawn[]): GuaranteeResult {
  return durability.check(draw(calls), contextOf());
}

function finalSets(...lists: (readonly number[])[]): Drawn[] {
  return lists.map((list, index) => finalSet(index + 1, list));
}

function finalRegisters(...values: (readonly [value: number, version: number])[]): Drawn[] {
  return values.map(([value, version], index) => finalRegister(index + 1, value, version));
}

describe('durability', () => {
  describe('of a set', () => {
    it('accepts every acknowledged element on every server', () => {
      const result = check([...acknowledged, ...finalSets(elements, elements, elements)]);

      assert.deepEqual([result.verdict, result.opportunities], ['pass', 10]);
    });

    it('names the element that is missing, and where', () => {
      const short = elements.filter((element) => element !== 7);

      const result = check([...acknowledged, ...finalSets(elements, short, elements)]);

      assert.equal(result.verdict, 'violated');
      assert.equal(
        result.evidence[0]?.sentence,
        'element 7, whose add by process 1 was acknowledged at 0.075 s, is missing on server 2',
      );
      assert.deepEqual(result.evidence[0]?.details, { serversWith: [1, 3], serversWithout: [2] });
    });

    it('reports no more losses than one can read', () => {
      const result = check([...acknowledged, add(10, { from: 200, to: 210 }), ...finalSets([], [], [])]);

      assert.equal(result.evidence.length, 10);
      assert.match(result.reason ?? '', /and 10 more/);
    });

    it('takes a set that one server did not show for no register', () => {
      const lost: Drawn = {
        f: 'final-read',
        value: ['/set', null],
        type: 'info',
        server: 3,
        from: 1000,
        to: 1005,
      };

      const result = check([...acknowledged, ...finalSets(elements, elements), lost]);

      assert.deepEqual([result.verdict, result.evidence], ['inconclusive', []]);
    });

    it('allows an element whose reply was lost, present or absent', () => {
      const lost = add(77, { from: 200, to: 210, type: 'info' });
      const all = [...elements, 77];

      assert.equal(
        check([...acknowledged, lost, ...finalSets(elements, elements, elements)]).verdict,
        'pass',
      );
      assert.equal(check([...acknowledged, lost, ...finalSets(all, all, all)]).verdict, 'pass');
    });

    it('refuses an element that failed for certain', () => {
      const refused = add(77, { process: 2, from: 200, to: 210, type: 'fail' });
      const all = [...elements, 77];

      const result = check([...acknowledged, refused, ...finalSets(elements, elements, all)]);

      assert.equal(
        result.evidence[0]?.sentence,
        'element 77, whose add by process 2 failed for certain at 0.210 s, is on server 3',
      );
    });

    it('refuses an element that nobody added', () => {
      const result = check([...acknowledged, ...finalSets(elements, [...elements, 78], elements)]);

      assert.equal(result.evidence[0]?.sentence, 'element 78, which nobody added, is on server 2');
    });
  });

  describe('of a register', () => {
    const writes = elements.map((step) =>
      write(step + 1, { process: 1, from: 10 * step, to: 10 * step + 5, version: step + 1 }),
    );

    it('accepts the last acknowledged write', () => {
      const result = check([...writes, ...finalRegisters([10, 10], [10, 10], [10, 10])]);

      assert.equal(result.verdict, 'pass', result.reason);
    });

    it('accepts a newer write whose reply was lost', () => {
      const lost = write(50, { from: 200, to: 210, type: 'info' });

      const result = check([...writes, lost, ...finalRegisters([50, 11], [50, 11], [50, 11])]);

      assert.equal(result.verdict, 'pass', result.reason);
    });

    it('refuses a version below an acknowledged one', () => {
      const result = check([...writes, ...finalRegisters([10, 10], [9, 9], [10, 10])]);

      assert.equal(result.evidence[0]?.subject, path);
      assert.equal(
        result.evidence[0]?.sentence,
        'write 10 by process 1 was acknowledged at 0.095 s with version 10, but server 2 ends with 9 at version 9',
      );
    });

    it('refuses another value at an acknowledged version', () => {
      const lost = write(50, { from: 0, to: 210, type: 'info' });

      const result = check([...writes, lost, ...finalRegisters([50, 10], [50, 10], [50, 10])]);

      assert.equal(result.verdict, 'violated');
    });

    it('refuses fewer versions than acknowledged writes', () => {
      const unversioned = elements.map((step) => write(step + 1, { from: 10 * step, to: 10 * step + 5 }));

      const result = check([...unversioned, ...finalRegisters([10, 9], [10, 9], [10, 9])]);

      assert.equal(
        result.evidence[0]?.sentence,
        '10 writes were acknowledged, but server 1 ends at version 9',
      );
    });

    it('refuses a register that is gone', () => {
      const gone: Drawn = {
        f: 'final-read',
        value: [path, null],
        version: -1,
        server: 2,
        from: 1000,
        to: 1005,
      };
      const written = write(1, { process: 1, from: 0, to: 5, version: 1 });

      const result = check([written, ...finalRegisters([1, 1]), gone, finalRegister(3, 1, 1)]);

      assert.equal(result.verdict, 'violated');
      assert.equal(
        result.evidence[0]?.sentence,
        'write 1 by process 1 was acknowledged at 0.005 s with version 1, but server 2 has no such znode',
      );
      assert.equal(check([finalRegister(1, 0, 0), gone, finalRegister(3, 0, 0)]).verdict, 'violated');
    });

    it('refuses a value that failed for certain, or that nobody wrote', () => {
      const refused = write(60, { process: 4, from: 100, to: 110, type: 'fail' });

      const phantom = check([...writes, refused, ...finalRegisters([60, 11], [10, 10], [70, 11])]);

      assert.deepEqual(
        phantom.evidence.map(({ sentence }) => sentence),
        [
          'server 1 ends with 60, whose write by process 4 failed for certain at 0.110 s',
          'server 3 ends with 70, which nobody wrote',
        ],
      );
    });
  });

  describe('verdicts short of a pass', () => {
    it('is inconclusive when a server was not read', () => {
      const result = check([...acknowledged, ...finalSets(elements, elements)]);

      assert.deepEqual(
        [result.verdict, result.reason],
        ['inconclusive', 'no final read of /set from server 3'],
      );
    });

    it('is inconclusive when nothing was read, or nothing acknowledged', () => {
      assert.equal(check(acknowledged).reason, 'no final read shows what became of 10 acknowledged writes');
      assert.equal(check([add(1, { from: 0, to: 9, type: 'info' })]).reason, 'no write was acknowledged');
    });

    it('is not exercised by a history without writes or with too few', () => {
      assert.equal(check([]).verdict, 'not-exercised');
      assert.equal(check([add(1, { from: 0, to: 9 }), ...finalSets([1], [1], [1])]).verdict, 'not-exercised');
    });

    it('judges the last final read of a server', () => {
      const early = finalSets([], [], []).map((call) => ({ ...call, from: 900, to: 905 }));

      const result = check([...acknowledged, ...early, ...finalSets(elements, elements, elements)]);

      assert.equal(result.verdict, 'pass', result.reason);
    });
  });
});
