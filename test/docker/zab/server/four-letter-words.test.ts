import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { parseZooConfig } from '../../../../docker/zab/src/server/config.ts';
import { answerWord, wordOf } from '../../../../docker/zab/src/server/four-letter-words.ts';
import type { ServerView } from '../../../../docker/zab/src/server/server-view.ts';
import {
  connectionAt,
  holdSession,
  leaderView,
  nowMs,
  referenceAnswer,
  wordVectors,
} from './operators/reference-view.ts';

const answer = (name: string, view: ServerView): string =>
  answerWord({ name, argument: Buffer.alloc(8) }, view);

/** Names of metrics that depend on who talks to whom. */
const ofPeersAndPaths = /^zk_\w+_(\d+_learner_handler_qp\w*|.*_per_namespace)$/;

function keysOf(mntr: string): string[] {
  return mntr
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
    .filter((key) => !ofPeersAndPaths.test(key));
}

describe('four-letter words', () => {
  it('are recognised by the first four bytes alone', () => {
    assert.equal(nameOf('srvr\n'), 'srvr');
    assert.equal(nameOf('ruok'), 'ruok');
    assert.equal(wordOf(Buffer.from('0000002d', 'hex')), null);
    assert.equal(wordOf(Buffer.from('isNo')), null);
  });

  it('take the mask that follows stmk', () => {
    const masks: string[] = [];
    const view = leaderView({ setTraceMask: (mask) => void masks.push(mask) });
    const mask = Buffer.from([0, 0, 0, 0, 0, 0, 1, 0x32]);

    assert.equal(wordOf(Buffer.concat([Buffer.from('stmk'), mask.subarray(0, 7)])), 'incomplete');
    assert.equal(answerWord({ name: 'stmk', argument: mask }, view), referenceAnswer('stmk'));
    assert.equal(answer('gtmk', view), referenceAnswer('gtmk'));
    assert.deepEqual(masks, ['306']);
  });

  it("answer srvr as Apache ZooKeeper's leader, follower and observer do", () => {
    const connections = [connectionAt({ port: 1 })];
    const roles: Partial<ServerView>[] = [
      { connections: [...connections, ...connections] },
      {
        ...learning('follower'),
        connections,
        received: 47,
        sent: 49,
        latencyMs: { min: 0, average: 204 / 43, max: 21 },
      },
      {
        ...learning('observer'),
        connections,
        received: 22,
        sent: 29,
        latencyMs: { min: 0, average: 77 / 19, max: 10 },
      },
    ];

    assert.deepEqual(
      roles.map((role) => answer('srvr', leaderView(role))),
      (['leader', 'follower', 'observer'] as const).map((role) => referenceAnswer('srvr', role)),
    );
  });

  it('answer stat with a line for each client', () => {
    const asking = connectionAt({ port: 48912 });
    asking.stats.received = 1;
    const holding = connectionAt({ port: 48898, sessionId: holdSession });
    Object.assign(holding.stats, { received: 2, sent: 2 });
    const view = leaderView({ connections: [asking, holding], received: 5, sent: 4 });

    assert.equal(answer('stat', view), referenceAnswer('stat'));
  });

  it('answer cons with what each session did', () => {
    const asking = connectionAt({ port: 48960 });
    asking.stats.received = 1;
    const establishedMs = nowMs + 1_795_220_427_762 - Date.UTC(2026, 10, 21, 0, 20, 29, 500);
    const holding = connectionAt({ port: 48898, sessionId: holdSession, establishedMs });
    Object.assign(holding.stats, {
      received: 2,
      sent: 2,
      lastXid: 1,
      lastZxid: 0x10000002b,
      lastOpcode: 1,
      lastResponseMs: 1_488_251.4,
      lastLatencyMs: 5,
      minLatencyMs: 0,
      maxLatencyMs: 5,
      totalLatencyMs: 10,
      latencyCount: 2,
    });

    assert.equal(answer('cons', leaderView({ connections: [asking, holding] })), referenceAnswer('cons'));
  });

  it('forget with crst what a connection did', () => {
    const connection = connectionAt({ port: 1, sessionId: holdSession });
    Object.assign(connection.stats, { received: 2, sent: 2, lastXid: 1, lastOpcode: 1, maxLatencyMs: 5 });

    connection.resetStats();

    assert.match(
      answer('cons', leaderView({ connections: [connection] })),
      /recved=0,sent=0.*lop=NA,est=\d+,to=20000,lzxid=0xf{16},/,
    );
    assert.equal(answer('crst', leaderView()), referenceAnswer('crst'));
    assert.equal(answer('srst', leaderView()), referenceAnswer('srst'));
  });

  for (const role of ['leader', 'follower', 'observer'] as const) {
    it(`answer mntr with exactly the keys that Apache's ${role} has`, () => {
      const view = role === 'leader' ? leaderView() : leaderView(learning(role));

      assert.deepEqual(keysOf(answer('mntr', view)).sort(), keysOf(referenceAnswer('mntr', role)).sort());
    });
  }

  it('answer mntr of a read-only server without what only an ensemble has', () => {
    const view = leaderView({ ...learning('follower'), mode: 'read-only' });

    assert.deepEqual(
      keysOf(answer('mntr', view)).sort(),
      keysOf(wordVectors.readOnlyMode['mntr'] ?? '').sort(),
    );
  });

  it("answer mntr with values in the form of Apache's", () => {
    const form = (text: string): Map<string, string> =>
      new Map(
        text
          .trimEnd()
          .split('\n')
          .map((line) => line.split('\t'))
          .map(([key = '', value = '']) => [
            key,
            /^-?\d+$/.test(value) ? 'n' : /^\d+\.\d+$/.test(value) ? 'n.n' : value,
          ]),
      );
    const expected = form(referenceAnswer('mntr'));

    for (const [key, value] of form(answer('mntr', leaderView())))
      assert.equal(value, expected.get(key), key);
  });

  it('answer conf as Apache ZooKeeper does', () => {
    assert.equal(answer('conf', leaderView()), referenceAnswer('conf'));
  });

  it("answer dump with a leader's sessions by the end of their time", () => {
    const holding = connectionAt({ port: 48898, sessionId: holdSession, establishedMs: nowMs + 500 });
    const asking = connectionAt({ port: 48962, establishedMs: nowMs - 500 });
    const view = leaderView({
      connections: [asking, holding],
      sessionBuckets: () => [[nowMs + 18_500, [holdSession]]],
    });

    // Apache keeps buckets that have become empty.
    const expected = referenceAnswer('dump')
      .replace(/^0 expire.*\n/gm, '')
      .replace('Session Sets (3)/(1)', 'Session Sets (1)/(1)')
      .replace('Connections Sets (3)/(2)', 'Connections Sets (2)/(2)');
    const masked = (text: string): string => text.replace(/\d\d:\d\d:\d\d/g, 'T');
    assert.equal(masked(answer('dump', view)), masked(expected));
    assert.match(answer('dump', view), /^1 expire at Sat Nov 21 00:20:48 UTC 2026:$/m);
  });

  it("answer dump with a learner's sessions and their timeouts", () => {
    const view = leaderView({
      ...learning('follower'),
      connections: [connectionAt({ port: 41328 })],
      sessionBuckets: () => null,
    });

    const expected = referenceAnswer('dump', 'follower')
      .replace(/^0 expire.*\n/gm, '')
      .replace('Sets (2)/(1)', 'Sets (1)/(1)');
    const masked = (text: string): string => text.replace(/\d\d:\d\d:\d\d/g, 'T');
    assert.equal(masked(answer('dump', view)), masked(expected));
  });

  it('answer wchs, wchc and wchp from the table of data watches', () => {
    const [, watches] =
      Object.entries(wordVectors.extra).find(([title]) => title.startsWith('watches')) ?? [];
    const [a, b] = ['010000208d2d0000', '010000208d2d0001'];
    const view = leaderView({
      dataWatchCount: 3,
      watchedPathCount: 2,
      watchingConnectionCount: 2,
      watchedPaths: () => [
        [b, ['/w', '/none']],
        [a, ['/w']],
      ],
      watchersByPath: () => [
        ['/w', [a, b]],
        ['/none', [b]],
      ],
    });

    for (const word of ['wchs', 'wchc', 'wchp']) {
      assert.equal(answer(word, view), watches?.[word]);
      assert.equal(answer(word, leaderView()), referenceAnswer(word));
    }
  });

  it('answer dirs and hash', () => {
    const digests = [{ zxid: 0x100000080, digest: 'ffffffffffffffff' }];

    assert.equal(answer('dirs', leaderView()), referenceAnswer('dirs'));
    assert.equal(answer('hash', leaderView()), referenceAnswer('hash'));
    assert.equal(answer('hash', leaderView({ digests })), '100000080: -1\n');
  });

  it('answer envi with the server first', () => {
    const host = { ...leaderView().host, environment: () => [['os.name', 'Linux'] as const] };

    assert.deepEqual(answer('envi', leaderView({ host })).split('\n').slice(0, 4), [
      ...referenceAnswer('envi').split('\n').slice(0, 3),
      'os.name=Linux',
    ]);
  });

  it('are not executed unless the whitelist has them', () => {
    const strict = leaderView({ config: parseZooConfig('dataDir=/d', 'zoo.cfg') });

    assert.equal(answer('ruok', strict), wordVectors.notWhitelisted['ruok (not whitelisted)']);
    assert.match(answer('srvr', strict), /^Zookeeper version: /);
  });

  it('say so when no quorum serves, but for those that need none', () => {
    const lost = leaderView({ isServing: false });
    const expected = wordVectors.extra['server of an ensemble without quorum'] ?? {};

    for (const [word, text] of Object.entries(expected)) {
      if (word.length === 4) assert.equal(answer(word, lost), text, word);
    }
    assert.match(answer('envi', lost), /^Environment:\n/);
    assert.equal(answer('gtmk', lost), '306');
  });

  it('show the read-only mode', () => {
    const readOnly = leaderView({ ...learning('follower'), mode: 'read-only' });

    assert.equal(answer('isro', readOnly), wordVectors.readOnlyMode['isro']);
    assert.equal(answer('srvr', readOnly).split('\n')[1], wordVectors.readOnlyMode['srvr']?.split('\n')[1]);
    assert.match(answer('srvr', readOnly), /^Mode: read-only$/m);
  });
});

function learning(mode: 'follower' | 'observer'): Partial<ServerView> {
  return { mode, leading: null, config: leaderView().config };
}

function nameOf(text: string): string | undefined {
  const word = wordOf(Buffer.from(text));
  return word === null || word === 'incomplete' ? undefined : word.name;
}
