// Recorded conversations with Apache ZooKeeper, played again: our replies must be the same bytes.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { decodeTxn } from '../../../../harness/wire/txn-codec.ts';
import { scanLog } from '../../../../harness/wire/txn-log-codec.ts';
import { loadConnections, readVectorFile, type VectorConnection } from '../../../harness/wire/vectors.ts';
import { Player, type Answer } from './conversation.ts';

function connectionOf(file: string, label: string): VectorConnection {
  const connection = loadConnections(file).find((each) => each.label.includes(label));
  assert(connection, `no connection "${label}" in ${file}`);
  return connection;
}

function assertSameReplies(answers: readonly Answer[]): void {
  for (const { where, expected, actual } of answers) {
    assert.equal(actual.toString('hex'), expected.toString('hex'), where);
  }
}

describe('conversations recorded with Apache ZooKeeper', () => {
  it('a Java client: every create mode, reads, ACLs, multis and errors', () => {
    const connection = connectionOf('client-java-main.json', 'every create mode');

    const answers = new Player([connection]).play(connection, { sessionZxid: 0x1_0000_0001 });

    // Its last read is of the configuration, which is not replicated.
    const compared = answers.filter(({ xid }) => xid !== 38);
    assert.equal(compared.length, 37);
    assertSameReplies(compared);
  });

  it('kazoo', () => {
    const connection = connectionOf('client-kazoo.json', 'kazoo session');

    const answers = new Player([connection]).play(connection, { sessionZxid: 0x3_0000_0001 });

    // Earlier sessions had left other znodes, but none of these replies shows them.
    assert.equal(answers.length, 14);
    assertSameReplies(answers);
  });

  it('about fifty odd and refused requests', () => {
    const connection = connectionOf('client-raw.json', 'error replies and odd requests');

    const answers = new Player([connection]).play(connection, { sessionZxid: 0x2_0000_0016 });

    const decidedOtherwise = new Map([
      [42, 'create2 inside a multi answers with its Stat, as from 3.8.2 on'],
      [47, 'the root of that ensemble had other znodes'],
      [52, 'the configuration of that ensemble'],
    ]);
    const compared = answers.filter(({ xid }) => !decidedOtherwise.has(xid));
    assert.equal(compared.length, 43);
    assertSameReplies(compared);
  });

  it('pipelined writes and reads', () => {
    const connection = connectionOf('client-raw.json', 'pipelining');

    const answers = new Player([connection]).play(connection, { sessionZxid: 0x2_0000_0051 });

    assert.equal(answers.length, 8);
    assertSameReplies(answers);
  });

  it('an ACL of an authenticated user, and who may see it', () => {
    const owner = connectionOf('client-raw.json', 'auth: digest ok');
    const stranger = connectionOf('client-raw.json', 'getACL with READ but without ADMIN');
    const player = new Player([owner, stranger]);

    const answers = [
      ...player.play(owner, { sessionZxid: 0x2_0000_0049 }),
      ...player.play(stranger, { sessionZxid: 0x2_0000_004b }),
    ];

    // Request 5 of the stranger: exists needs READ here, as from 3.8.4 on.
    const [refused] = answers.splice(-2, 1);
    assert.equal(refused?.name, 'exists');
    assert.equal(refused?.actual.readInt32BE(16), -102);
    assert.equal(answers.length, 7);
    assertSameReplies(answers);
  });

  it('a server alone: transactions, too, are the bytes of its log', () => {
    const connection = connectionOf('client-standalone.json', 'wrote the txn log');
    const log = scanLog(readVectorFile('storage/standalone.log.1')).records.map(({ bytes }) =>
      decodeTxn(bytes),
    );
    const times = new Map(log.map(({ header }) => [header.zxid, header.time]));
    // Its second session came before its last request, and is not played here.
    const player = new Player([connection], times);

    const answers = player.play(connection, { sessionZxid: 1 });

    assert.equal(answers.length, 13);
    assertSameReplies(answers);
    for (const { record, where } of answers.slice(0, -1)) {
      const expected = log.find(({ header }) => header.zxid === record?.header.zxid);
      assert.equal(record?.bytes.toString('hex'), expected?.bytes.toString('hex'), where);
    }
  });
});
