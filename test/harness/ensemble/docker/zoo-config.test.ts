// The zoo.cfg of a server in a pod.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  javaFlags,
  renderAdministered,
  renderZooConfig,
} from '../../../../harness/ensemble/docker/zoo-config.ts';
import type { Member } from '../../../../harness/ensemble/docker/zoo-config.ts';

const members: readonly Member[] = [
  { sid: 1, address: '10.0.0.2', role: 'participant' },
  { sid: 2, address: '10.0.0.3', role: 'participant' },
  { sid: 3, address: '10.0.0.4', role: 'observer' },
];
const timing = { tickMs: 500, initLimit: 10, syncLimit: 5 };

describe('zoo.cfg', () => {
  it('names every member with quorum and election port, observers as such', () => {
    const lines = renderZooConfig(1, members, timing).split('\n');

    assert.deepEqual(
      lines.filter((line) => line.startsWith('server.')),
      ['server.1=10.0.0.2:2888:3888', 'server.2=10.0.0.3:2888:3888', 'server.3=10.0.0.4:2888:3888:observer'],
    );
  });

  it('has a member as an administrator writes it, with role and client port', () => {
    assert.deepEqual(members.slice(1).map(renderAdministered), [
      'server.2=10.0.0.3:2888:3888:participant;2181',
      'server.3=10.0.0.4:2888:3888:observer;2181',
    ]);
  });

  it('carries the timing that the ensemble tells its users', () => {
    const text = renderZooConfig(2, members, { tickMs: 300, initLimit: 7, syncLimit: 3 });

    assert.match(text, /^tickTime=300\ninitLimit=7\nsyncLimit=3$/m);
  });

  it('tells an observer, and nobody else, that it is one', () => {
    assert.match(renderZooConfig(3, members, timing), /^peerType=observer$/m);
    assert.doesNotMatch(renderZooConfig(1, members, timing), /peerType/);
  });

  it('does not limit connections per address, because all clients share one', () => {
    assert.match(renderZooConfig(1, members, timing), /^maxClientCnxns=0$/m);
  });

  it('looks for containers often, also where only the virtual machine can be told', () => {
    const text = renderZooConfig(1, members, timing);

    assert.match(text, /^extendedTypesEnabled=true$/m);
    assert.match(text, /^znode\.container\.checkIntervalMs=1000$/m);
    assert.equal(javaFlags, '-Dznode.container.checkIntervalMs=1000');
  });
});
