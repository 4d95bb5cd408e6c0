import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { answerAdmin, type HttpAnswer } from '../../../../../docker/zab/src/server/operators/http-answers.ts';
import type { ServerView } from '../../../../../docker/zab/src/server/server-view.ts';
import { adminVectors, connectionAt, holdSession, leaderView, nowMs } from './reference-view.ts';

function ask(command: string, view: ServerView | null = resetView()): HttpAnswer {
  return answerAdmin(`/commands/${command}`, leaderView().config.admin, () => view);
}

/** The AdminServer was asked right behind a reset of all statistics. */
function resetView(changes: Partial<ServerView> = {}): ServerView {
  const nothing = { last: -1, min: -1, max: -1 };
  const { leading } = leaderView();
  assert(leading !== null);
  const establishedMs = nowMs + 1_795_220_427_762 - Date.UTC(2026, 10, 21, 0, 20, 29, 500);
  return leaderView({
    connections: [connectionAt({ port: 48898, sessionId: holdSession, establishedMs })],
    received: 1,
    sent: 2,
    latencyMs: { min: 0, average: 0, max: 0 },
    responseBytes: nothing,
    leading: { ...leading, proposalBytes: nothing },
    ...changes,
  });
}

function reference(command: string): string {
  const answer = adminVectors.responses[command];
  assert(answer !== undefined, `no vector for ${command}`);
  return answer.body;
}

/** What moves on while one asks. */
function masked(text: string): string {
  return text.replace(/("uptime" : )\d+/g, '$1n');
}

const alike = [
  'configuration',
  'connections',
  'dirs',
  'hash',
  'get_trace_mask',
  'initial_configuration',
  'is_read_only',
  'last_snapshot',
  'leader',
  'ruok',
  'server_stats',
  'stats',
  'voting_view',
  'watches',
  'watches_by_path',
  'watch_summary',
  'zabstate',
  'connection_stat_reset',
  'stat_reset',
  'observer_connection_stat_reset',
  'set_trace_mask',
  'nosuchcommand',
];

describe('AdminServer commands', () => {
  for (const command of alike) {
    it(`answer ${command} byte for byte as Apache ZooKeeper does`, () => {
      const { status, contentType, body } = ask(command);

      assert.equal(masked(body), masked(reference(command)));
      assert.equal(status, adminVectors.responses[command]?.status);
      assert.equal(contentType, adminVectors.responses[command]?.headers['Content-Type']);
    });
  }

  it('are listed as links under /commands', () => {
    const expected = { status: 200, contentType: null, body: reference('') };

    assert.deepEqual(
      answerAdmin('/commands', leaderView().config.admin, () => null),
      expected,
    );
    assert.deepEqual(ask(''), expected);
  });

  it('answer dump with sessions by the end of their time, as decimal ids', () => {
    const view = resetView({ sessionBuckets: () => [[1_509_000, [holdSession]]] });

    const withoutEmptyBuckets = reference('dump').replace(/ {4}"\d+" : \[ \],\n/g, '');
    assert.equal(ask('dump', view).body, withoutEmptyBuckets);
  });

  it('answer monitor with the keys of mntr, and environment with those of envi', () => {
    const keys = (text: string): string[] => Object.keys(JSON.parse(text) as object);
    const ofPeersAndPaths = /_learner_handler_qp|_per_namespace$/;

    assert.deepEqual(
      keys(ask('monitor').body).sort(),
      keys(reference('monitor'))
        .filter((key) => !ofPeersAndPaths.test(key))
        .sort(),
    );
    assert.match(ask('monitor').body, /"avg_latency" : 0\.0,\n/);
    assert.deepEqual(keys(ask('environment').body), ['zookeeper.version', 'host.name', 'command', 'error']);
  });

  it('answer watches with paths and session ids', () => {
    const view = resetView({
      watchedPaths: () => [[holdSession, ['/w', '/x']]],
      watchersByPath: () => [['/w', [holdSession]]],
    });

    assert.match(ask('watches', view).body, /\{\n {4}"144115284739293184" : \[ "\/w", "\/x" \]\n {2}\},/);
    assert.match(ask('watches_by_path', view).body, /"\/w" : \[ 144115284739293184 \]/);
  });

  it('list the observers that follow', () => {
    const names = JSON.parse(ask('observers').body) as {
      synced_observers: number;
      observers: { sid: number }[];
    };

    assert.equal(names.synced_observers, 1);
    assert.deepEqual(
      names.observers.map(({ sid }) => sid),
      [4],
    );
  });

  it('are known by their aliases, and answer with the primary name', () => {
    assert.equal(ask('srvr').body, ask('server_stats').body);
    assert.equal(ask('lead').body, ask('leader').body);
    assert.match(ask('wchs').body, /"command" : "watch_summary"/);
  });

  it('take arguments from the query', () => {
    const masks: string[] = [];
    const view = resetView({ setTraceMask: (mask) => void masks.push(mask) });

    assert.match(ask('stmk?traceMask=512', view).body, /"tracemask" : 512,/);
    assert.match(
      ask('set_trace_mask?traceMask=many', view).body,
      /"error" : "setTraceMask: traceMask is no number: many"/,
    );
    assert.deepEqual(masks, ['512']);
  });

  it('reset what they say they reset', () => {
    const done: string[] = [];
    const view = resetView({
      resetStats: () => void done.push('stats'),
      resetConnectionStats: () => void done.push('connections'),
    });

    ask('srst', view);
    ask('crst', view);

    assert.deepEqual(done, ['stats', 'connections']);
  });

  it('say so when no quorum serves, but for those that need none', () => {
    const error = /"error" : "This ZooKeeper instance is not currently serving requests"/;

    for (const view of [resetView({ isServing: false }), null]) {
      assert.match(ask('configuration', view).body, error);
      assert.match(ask('ruok', view).body, error);
    }
    assert.match(ask('gtmk', resetView({ isServing: false })).body, /"tracemask" : 306/);
    assert.match(
      ask('zabstate', resetView({ isServing: false, phase: 'election' })).body,
      /"zabstate" : "election"/,
    );
  });

  it('answer 404 outside of admin.commandURL', () => {
    const { admin } = leaderView().config;
    const moved = { ...admin, commandUrl: '/zk' };

    assert.equal(answerAdmin('/', admin, resetView).status, 404);
    assert.equal(answerAdmin('/commandsX', admin, resetView).status, 404);
    assert.equal(answerAdmin('/commands/ruok', moved, resetView).status, 404);
    assert.equal(answerAdmin('/zk/ruok', moved, resetView).status, 200);
    assert.equal(answerAdmin('/commands/%zz', admin, resetView).status, 200);
  });
});
