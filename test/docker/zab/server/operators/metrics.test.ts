import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { Metrics } from '../../../../../docker/zab/src/server/operators/metrics.ts';
import { NamespaceTraffic } from '../../../../../docker/zab/src/server/operators/namespace-traffic.ts';
import { prometheusText } from '../../../../../docker/zab/src/server/operators/prometheus-text.ts';
import { Summary } from '../../../../../docker/zab/src/server/operators/summary.ts';
import { javaDate } from '../../../../../docker/zab/src/server/operators/java-date.ts';
import { leaderView } from './reference-view.ts';

describe('a summary', () => {
  it('knows nothing of nothing', () => {
    const summary = new Summary();

    assert.deepEqual([summary.count, summary.average, summary.percentile(0.99)], [0, 0, 0]);
  });

  it('is exact about small values', () => {
    const summary = new Summary();
    for (const value of [5, 1, 3, 9, 7]) summary.add(value);

    assert.deepEqual([summary.min, summary.max, summary.sum, summary.average], [1, 9, 25, 5]);
    assert.deepEqual([summary.percentile(0.5), summary.percentile(0.99)], [5, 9]);
  });

  it('finds percentiles within 7 % of those of the sorted values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 5_000_000 }), { minLength: 1 }),
        fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999),
        (values, share) => {
          const summary = new Summary();
          for (const value of values) summary.add(value);

          const sorted = values.toSorted((a, b) => a - b);
          const exact = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
          const found = summary.percentile(share);
          assert(found >= exact && found <= Math.max(exact * 1.07, exact + 1), `${found} for ${exact}`);
        },
      ),
    );
  });

  it('takes what lies outside of its range at the edge', () => {
    const summary = new Summary();
    summary.add(-3);
    summary.add(2 ** 40);

    assert.deepEqual([summary.min, summary.max], [0, 2 ** 31 - 1]);
    assert.equal(summary.percentile(0.99), 2 ** 31 - 1);
  });
});

describe('traffic per namespace', () => {
  it('belongs to the top-level znode, and the root to nobody', () => {
    const traffic = new NamespaceTraffic();
    for (const path of ['/a', '/a/b', '/a', '/c/d/e', '/cc/d', '/']) traffic.add(path, 10);

    assert.deepEqual(
      traffic.entries.map(([name, { sum }]) => [name, sum]),
      [
        ['a', 30],
        ['c', 10],
        ['cc', 10],
      ],
    );
  });

  it('is told apart for the first thousand', () => {
    const traffic = new NamespaceTraffic();
    for (let index = 0; index < 2_000; index++) traffic.add(`/n${index}`, 1);

    assert.equal(traffic.entries.length, 1_000);
  });
});

describe('/metrics', () => {
  it('has Apache names with their types, values and quantiles', () => {
    const metrics = new Metrics();
    for (const latencyMs of [1, 2, 9]) metrics.summaries.readlatency.add(latencyMs);
    metrics.counters.commit_count.add(43);
    metrics.writePerNamespace.add('/a"b', 12);
    const lines = prometheusText(leaderView({ metrics })).split('\n');

    const expected = [
      ['# HELP quorum_size quorum_size', '# TYPE quorum_size gauge', 'quorum_size 3.0'],
      ['# TYPE avg_latency gauge', 'avg_latency 5.0'],
      ['# TYPE synced_followers gauge', 'synced_followers 2.0'],
      ['# TYPE commit_count counter', 'commit_count 43.0'],
      [
        '# TYPE fsynctime summary',
        'fsynctime{quantile="0.5",} NaN',
        'fsynctime_count 0.0',
        'fsynctime_sum 0.0',
      ],
      [
        '# TYPE readlatency summary',
        'readlatency{quantile="0.5",} 2.0',
        'readlatency{quantile="0.9",} 9.0',
        'readlatency{quantile="0.99",} 9.0',
        'readlatency_count 3.0',
        'readlatency_sum 12.0',
      ],
      [
        '# TYPE write_per_namespace summary',
        'write_per_namespace{key="a\\"b",quantile="0.5",} 12.0',
        'write_per_namespace_count{key="a\\"b",} 1.0',
      ],
    ];
    for (const block of expected) {
      const at = lines.indexOf(block[0] ?? '');
      assert(at >= 0, block[0]);
      assert.deepEqual(lines.slice(at, at + block.length), block);
    }
  });

  it('is text that Prometheus reads: each line a comment or a sample, each name typed once', () => {
    const lines = prometheusText(leaderView()).trimEnd().split('\n');
    const types = lines.filter((line) => line.startsWith('# TYPE '));

    for (const line of lines) {
      assert.match(line, /^(# (HELP|TYPE) \w+ \w+|\w+(\{(\w+="[^"]*",)+\})? (NaN|-?\d+(\.\d+)?))$/);
    }
    assert.equal(new Set(types).size, types.length);
  });

  it('tells of a leader what only a leader knows', () => {
    assert.doesNotMatch(
      prometheusText(leaderView({ mode: 'follower', leading: null })),
      /synced_followers|proposal_size/,
    );
  });
});

describe('a date as Java prints it', () => {
  it('is that of the calendar', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2400-01-01') }), (date) => {
        const [day, dayOfMonth, month, year, time] = date.toUTCString().replace(',', '').split(' ');

        assert.equal(javaDate(date.getTime()), `${day} ${month} ${dayOfMonth} ${time} UTC ${year}`);
      }),
    );
  });
});
