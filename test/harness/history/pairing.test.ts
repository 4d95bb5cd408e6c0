import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Operation } from '../../../harness/history/operation.ts';
import { pairOperations } from '../../../harness/history/pairing.ts';

function entry(index: number, process: Operation['process'], type: Operation['type'], f = 'read'): Operation {
  return { index, time: index, process, type, f, value: null };
}

describe('pairing of a history', () => {
  it('joins each completion with the open invocation of its process', () => {
    const history = [
      entry(0, 1, 'invoke', 'write'),
      entry(1, 2, 'invoke'),
      entry(2, 2, 'ok'),
      entry(3, 1, 'fail', 'write'),
      entry(4, 2, 'invoke'),
      entry(5, 2, 'info'),
    ];

    const calls = pairOperations(history);

    assert.deepEqual(
      calls.map(({ process, f, outcome, invocation, completion }) => [
        process,
        f,
        outcome,
        invocation.index,
        completion?.index,
      ]),
      [
        [1, 'write', 'fail', 0, 3],
        [2, 'read', 'ok', 1, 2],
        [2, 'read', 'info', 4, 5],
      ],
    );
  });

  it('counts a call that never completes as indefinite', () => {
    const [call] = pairOperations([entry(0, 1, 'invoke')]);

    assert.deepEqual([call?.outcome, call?.completion], ['info', null]);
  });

  it('leaves out the nemesis', () => {
    const history = [entry(0, 'nemesis', 'info', 'kill'), entry(1, 'nemesis', 'info', 'kill')];

    assert.deepEqual(pairOperations(history), []);
  });

  const malformed: readonly [name: string, history: readonly Operation[], message: RegExp][] = [
    [
      'a second invocation of a busy process',
      [entry(0, 1, 'invoke'), entry(1, 1, 'invoke')],
      /^entry 1 \(process 1, invoke read\) is invoked while entry 0 .* is open; a process is single-threaded$/,
    ],
    [
      'a completion without an invocation',
      [entry(0, 1, 'ok')],
      /^entry 0 \(process 1, ok read\) completes nothing/,
    ],
    [
      'a completion of another operation',
      [entry(0, 1, 'invoke', 'write'), entry(1, 1, 'ok', 'read')],
      /expected f write$/,
    ],
    [
      'a process that goes on after info',
      [entry(0, 1, 'invoke'), entry(1, 1, 'info'), entry(2, 1, 'invoke')],
      /expected a new process number after info$/,
    ],
    [
      'a completion before its invocation',
      [entry(5, 1, 'invoke'), { ...entry(6, 1, 'ok'), time: 4 }],
      /at 4 ns precedes its invocation/,
    ],
  ];
  for (const [name, history, message] of malformed) {
    it(`refuses ${name}`, () => {
      assert.throws(() => pairOperations(history), { name: 'HistoryError', message });
    });
  }
});
