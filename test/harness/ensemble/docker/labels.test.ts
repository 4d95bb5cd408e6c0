// Whose containers are these: the labels that tell a harness at work from one that is gone.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  harnessState,
  labelsOfRun,
  nameInRun,
  thisMachine,
} from '../../../../harness/ensemble/docker/labels.ts';
import type { Machine } from '../../../../harness/ensemble/docker/labels.ts';

const machine: Machine = {
  host: 'ci',
  boot: 'first',
  processStart: (pid) => (pid === 70 ? '1234' : null),
};

describe('the harness of a run', () => {
  const labels = labelsOfRun('r1', machine, 70);

  it('is alive while its process is', () => {
    assert.equal(harnessState(labels, machine), 'alive');
  });

  it('is gone when there is no such process', () => {
    assert.equal(harnessState(labels, { ...machine, processStart: () => null }), 'gone');
  });

  it('is gone when another process has got its id', () => {
    assert.equal(harnessState(labels, { ...machine, processStart: () => '9999' }), 'gone');
  });

  it('is gone when the machine was started anew', () => {
    assert.equal(harnessState(labels, { ...machine, boot: 'second' }), 'gone');
  });

  it('cannot be asked for when it was started elsewhere', () => {
    assert.equal(harnessState(labels, { ...machine, host: 'laptop' }), 'elsewhere');
  });

  it('is this process on this machine', () => {
    assert.equal(harnessState(labelsOfRun('r1'), thisMachine), 'alive');
  });
});

describe('names in the engine', () => {
  it('hold the run, without characters that Docker refuses', () => {
    assert.equal(nameInRun('2026-11-21T10:02:33 a/b', 'server-1'), 'ordeal-2026-11-21T10-02-33-a-b-server-1');
  });
});
