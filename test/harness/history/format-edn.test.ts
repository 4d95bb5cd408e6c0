import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { formatJepsenEdn } from '../../../harness/history/formats/format-edn.ts';
import { parseHistoryText, readHistory } from '../../../harness/history/formats/read-history.ts';
import type { Operation } from '../../../harness/history/operation.ts';

function readBack(history: readonly Operation[]): Operation[] {
  return parseHistoryText(formatJepsenEdn(history), 'jepsen-edn', 'exported.edn');
}

const json = fc.jsonValue({ depthSize: 'small', noUnicodeString: false }) as fc.Arbitrary<unknown>;

const entry = fc.record(
  {
    time: fc.nat(),
    process: fc.oneof(fc.nat(), fc.constant('nemesis' as const)),
    type: fc.constantFrom('invoke', 'ok', 'fail', 'info'),
    f: fc.oneof(fc.constantFrom('read', 'sync-read', 'cas'), fc.string({ minLength: 1 })),
    value: json,
    error: fc.string(),
    zxid: fc.maxSafeNat(),
    version: fc.integer({ min: -1 }),
    session: fc.constant('0100000000000001'),
    server: fc.nat(),
  },
  { requiredKeys: ['time', 'process', 'type', 'f', 'value'] },
);

describe('export as Jepsen EDN', () => {
  it('writes an operation as Jepsen does, and what is our own behind it', () => {
    const operation: Operation = {
      index: 0,
      time: 5,
      process: 3,
      type: 'ok',
      f: 'sync-read',
      value: ['/a', { b: null, 'c d': 'x"y' }],
      zxid: 7,
    };

    assert.equal(
      formatJepsenEdn([operation]),
      String.raw`{:index 0, :time 5, :process 3, :type :ok, :f :sync-read, :value ["/a" {:b nil, "c d" "x\"y"}], :zxid 7}` +
        '\n',
    );
  });

  it('is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), (entries) => {
        const history = entries.map((each, index) => ({ index, ...each })) as Operation[];

        // JSON has no negative zero either.
        assert.deepEqual(readBack(history), JSON.parse(JSON.stringify(history)));
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  for (const folder of ['porcupine', 'knossos']) {
    it(`keeps every history of ${folder}`, () => {
      for (const file of readdirSync(`test/histories/${folder}`)) {
        const { history } = readHistory(`test/histories/${folder}/${file}`, null);

        assert.deepEqual(readBack(history), history, file);
      }
    });
  }
});
