// Cuts as iptables rules at the receiver.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { renderCutRules, sendersByReceiver } from '../../../../harness/ensemble/docker/cuts.ts';

describe('cut rules', () => {
  it('drop what comes from each sender, in a chain that is replaced as a whole', () => {
    assert.equal(
      renderCutRules(['10.0.0.2', '10.0.0.3']),
      '*filter\n:ORDEAL - [0:0]\n-A ORDEAL -s 10.0.0.2/32 -j DROP\n-A ORDEAL -s 10.0.0.3/32 -j DROP\nCOMMIT\n',
    );
  });

  it('heal by an empty chain', () => {
    assert.equal(renderCutRules([]), '*filter\n:ORDEAL - [0:0]\nCOMMIT\n');
  });
});

describe('cuts', () => {
  it('are enforced by the receiver, so one direction stays open', () => {
    assert.deepEqual([...sendersByReceiver([{ from: 1, to: 2 }])], [[2, [1]]]);
  });

  it('of one receiver are sorted and counted once, whatever their order', () => {
    const senders = sendersByReceiver([
      { from: 3, to: 1 },
      { from: 2, to: 1 },
      { from: 3, to: 1 },
    ]);

    assert.deepEqual(senders.get(1), [2, 3]);
  });
});
