import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { checkListAppend, isListAppend } from '../../../checkers/cycles/list-append.ts';
import { parseJepsenEdn } from '../../../harness/history/formats/jepsen-edn.ts';

/** Two processes, one transaction each, both at once. */
function historyOf(one: string, other: string): ReturnType<typeof parseJepsenEdn> {
  const asked = (text: string): string => text.replaceAll(/\[:r (\w+) [^\]]*\]\]/g, '[:r $1 nil]');
  const lines = [
    `{:type :invoke, :f :txn, :value ${asked(one)}, :process 0, :time 10, :index 0}`,
    `{:type :invoke, :f :txn, :value ${asked(other)}, :process 1, :time 20, :index 1}`,
    `{:type :ok, :f :txn, :value ${one}, :process 0, :time 30, :index 2}`,
    `{:type :ok, :f :txn, :value ${other}, :process 1, :time 40, :index 3}`,
  ];
  return parseJepsenEdn(lines.join('\n'), 'history.edn');
}

describe('a list-append history of Jepsen’s', () => {
  it('passes where an order explains it', () => {
    const { verdict, operations } = checkListAppend(
      historyOf('[[:append 3 1] [:r 4 []]]', '[[:r 3 [1]] [:append 4 1]]'),
    );

    assert.deepEqual([verdict, operations], ['pass', 2]);
  });

  it('is violated by a cycle, which is told in words', () => {
    const { verdict, evidence } = checkListAppend(
      historyOf('[[:append 3 1] [:r 4 [1]]]', '[[:r 3 [1]] [:append 4 1]]'),
    );

    assert.equal(verdict, 'violated');
    assert.match(
      evidence[0]?.sentence ?? '',
      /^G1c: T1 appended 1 to 3, which T2 read; T2 appended 1 to 4, which T1 read\./,
    );
  });

  it('is in doubt where an element is appended twice', () => {
    const { verdict, reason } = checkListAppend(historyOf('[[:append 3 1]]', '[[:append 3 1]]'));

    assert.equal(verdict, 'inconclusive');
    assert.match(reason ?? '', /1 is appended to 3 more than once/);
  });

  it('is told from others by its first operation', () => {
    const register = parseJepsenEdn('{:type :invoke, :f :cas, :value [1 2], :process 0}', 'history.edn');

    assert.ok(isListAppend(historyOf('[[:append 3 1]]', '[[:r 3 []]]')));
    assert.ok(!isListAppend(register));
  });
});
