import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { parseZooConfig } from '../../../../docker/zab/src/server/config.ts';
import { answerWord, wordOf, type ServerView } from '../../../../docker/zab/src/server/four-letter-words.ts';

interface Vectors {
  readonly ensemble: Record<'srvr' | 'stat' | 'mntr' | 'conf', Record<string, string>>;
  readonly notWhitelisted: Record<string, string>;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/four-letter-words.json', import.meta.url), 'utf8'),
) as Vectors;

const members = [1, 2, 3].map((sid) => `server.${sid}=127.0.0.1:3228${sid}:3238${sid}`);
const config = parseZooConfig(
  [
    'tickTime=1000',
    'initLimit=10',
    'syncLimit=5',
    'dataDir=/srv/zkens/ens/d2',
    'clientPort=32182',
    '4lw.commands.whitelist=*',
    ...members,
    'server.4=127.0.0.1:32284:32384:observer',
  ].join('\n'),
  'zoo.cfg',
);

/** What Apache's leader knew when the vectors were taken. */
const leader: ServerView = {
  config: { ...config, serverId: 2 },
  version: '3.8.0-${mvngit.commit.id}, built on 2024-12-29 17:54 UTC',
  isServing: true,
  mode: 'leader',
  zxid: 0x10000002b,
  nodeCount: 21,
  watchCount: 0,
  watchedPathCount: 0,
  watchingConnectionCount: 0,
  ephemeralCount: 1,
  approximateDataBytes: 378,
  localSessionCount: 0,
  sessionCount: 1,
  outstandingCount: 0,
  upMs: 13374,
  received: 6,
  sent: 5,
  latencyMs: { min: 5, average: 5, max: 5 },
  connections: [],
  leading: {
    proposalBytes: { last: 97, min: 36, max: 283 },
    proposalCount: 43,
    learnerCount: 3,
    syncedFollowerCount: 2,
    syncedObserverCount: 1,
    upMs: 13318,
  },
};

const reference = (word: keyof Vectors['ensemble'], port: number): string =>
  vectors.ensemble[word][String(port)] ?? assert.fail(`no vector for ${word}`);

describe('four-letter words', () => {
  it('are recognised by the first four bytes alone', () => {
    assert.equal(wordOf(Buffer.from('srvr\n')), 'srvr');
    assert.equal(wordOf(Buffer.from('ruok')), 'ruok');
    assert.equal(wordOf(Buffer.from('0000002d', 'hex')), null);
    assert.equal(wordOf(Buffer.from('toString')), null);
  });

  it("answer srvr as Apache ZooKeeper's leader and follower do", () => {
    assert.equal(
      answerWord('srvr', leader).replace('Connections: 0', 'Connections: 2'),
      reference('srvr', 32182),
    );
    const follower: ServerView = {
      ...leader,
      mode: 'follower',
      leading: null,
      received: 47,
      sent: 49,
      latencyMs: { min: 0, average: 204 / 43, max: 21 },
    };
    assert.equal(
      answerWord('srvr', follower).replace('Connections: 0', 'Connections: 1'),
      reference('srvr', 32181),
    );
  });

  it('answer stat with the clients between version and statistics', () => {
    const [version, ...rest] = answerWord('stat', leader).split('\n');
    const expected = reference('stat', 32182).split('\n');

    assert.equal(version, expected[0]);
    assert.equal(rest[0], 'Clients:');
    assert.equal(rest[1], '');
    assert.match(rest[2] ?? '', /^Latency min\/avg\/max: /);
  });

  it('answer mntr with keys and values that Apache has too', () => {
    const expected = new Set(reference('mntr', 32182).split('\n'));
    const varying = /^zk_(num_alive_connections|packets_\w+)\t/;

    for (const line of answerWord('mntr', leader).split('\n')) {
      if (!varying.test(line)) assert(expected.has(line), line);
    }
    assert(
      answerWord('mntr', leader).startsWith(reference('mntr', 32182).split('\n').slice(0, 3).join('\n')),
    );
  });

  it('answer conf as Apache ZooKeeper does, but for the sizes', () => {
    const expected = reference('conf', 32182)
      .replace(/^data(Log|)DirSize=.*\n/gm, '')
      .replace(/^dataLogSize=.*\n/gm, '');

    assert.equal(answerWord('conf', leader), expected);
  });

  it('are not executed unless the whitelist has them', () => {
    const strict = { ...leader, config: parseZooConfig('dataDir=/d', 'zoo.cfg') };

    assert.equal(answerWord('ruok', strict), vectors.notWhitelisted['ruok (not whitelisted)']);
    assert.match(answerWord('srvr', strict), /^Zookeeper version: /);
  });

  it('say so when no quorum serves, but ruok stays ok', () => {
    const lost = { ...leader, isServing: false };

    assert.equal(answerWord('srvr', lost), 'This ZooKeeper instance is not currently serving requests\n');
    assert.equal(answerWord('ruok', lost), 'imok');
    assert.equal(answerWord('isro', lost), 'null');
  });
});
