import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { membershipText } from '../../../../docker/zab/src/core/membership.ts';
import { hasQuorum } from '../../../../docker/zab/src/core/quorum.ts';
import { membershipOf } from './lone-peer.ts';

describe('quorum', () => {
  it('needs three of five', () => {
    assert.equal(hasQuorum(membershipOf(5), [1, 2]), false);
    assert.equal(hasQuorum(membershipOf(5), [1, 2, 5]), true);
  });

  it('is not two of four', () => {
    assert.equal(hasQuorum(membershipOf(4), [1, 2]), false);
    assert.equal(hasQuorum(membershipOf(4), [1, 2, 3]), true);
  });

  it('counts nobody twice, and neither observers nor strangers', () => {
    assert.equal(hasQuorum(membershipOf(3, 2), [1, 1, 1]), false);
    assert.equal(hasQuorum(membershipOf(3, 2), [1, 4, 5, 77]), false);
    assert.equal(hasQuorum(membershipOf(3, 2), [1, 3, 4]), true);
  });

  it('is more than half for every size', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7].map((voters) =>
        [1, 2, 3, 4, 5, 6, 7].findIndex((_, count) =>
          hasQuorum(membershipOf(voters), [1, 2, 3, 4, 5, 6, 7].slice(0, count)),
        ),
      ),
      [1, 2, 2, 3, 3, 4, 4],
    );
  });
});

describe('membership text', () => {
  it('is what Apache ZooKeeper sends', () => {
    assert.equal(
      membershipText(membershipOf(3, 1)),
      'server.1=127.0.0.1:32281:32381:participant\n' +
        'server.2=127.0.0.1:32282:32382:participant\n' +
        'server.3=127.0.0.1:32283:32383:participant\n' +
        'server.4=127.0.0.1:32284:32384:observer\n' +
        'version=0',
    );
  });

  it('has the client address where the configuration has it, and the version in hex', () => {
    const [member] = membershipOf(1).members;

    const text = membershipText({
      version: 0x1_0000_0002,
      members: [{ ...member!, clientAddress: '0.0.0.0:2181' }],
    });

    assert.equal(text, 'server.1=127.0.0.1:32281:32381:participant;0.0.0.0:2181\nversion=100000002');
  });
});
