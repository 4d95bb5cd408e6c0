import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { withQuorumSync } from '../../../harness/ensemble/quorum-sync.ts';

function barriers(participants: readonly string[], observers: readonly string[] = []): number[] {
  const members = [
    ...participants.map((system) => ({ role: 'participant' as const, system })),
    ...observers.map((system) => ({ role: 'observer' as const, system })),
  ].map((member, index) => ({ sid: index + 1, ...member }));
  return withQuorumSync(members)
    .filter(({ quorumSync }) => quorumSync)
    .map(({ sid }) => sid);
}

describe('quorum sync', () => {
  it('is relied on where only bundled servers can lead', () => {
    assert.deepEqual(barriers(['zab', 'zab', 'zab'], ['zab']), [1, 2, 3, 4]);
  });

  it('is not relied on at a bundled server that may have an Apache leader', () => {
    assert.deepEqual(barriers(['zab', 'apache', 'zab'], ['zab']), []);
  });

  it('is not spoiled by an observer of another system, which never leads', () => {
    assert.deepEqual(barriers(['zab', 'zab', 'zab'], ['apache', 'zab']), [1, 2, 3, 5]);
  });

  it('is not assumed of a foreign image', () => {
    assert.deepEqual(barriers(['registry.example/zk:1']), []);
  });
});
