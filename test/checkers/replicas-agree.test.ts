import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { replicasAgree } from '../../checkers/replicas-agree.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Drawn } from './draw.ts';
import { contextOf, draw, finalRegister, finalSet } from './draw.ts';

function check(calls: readonly Drawn[], servers: readonly number[] = [1, 2, 3]): GuaranteeResult {
  return replicasAgree.check(draw(calls), contextOf({ servers }));
}

function sentenceOf(calls: readonly Drawn[]): string | undefined {
  const result = check(calls);
  assert.equal(result.verdict, 'violated');
  return result.evidence[0]?.sentence;
}

describe('agreement of replicas', () => {
  it('accepts equal sets in any order and equal registers', () => {
    const result = check([
      finalSet(1, [1, 2, 3]),
      finalSet(2, [3, 2, 1]),
      finalSet(3, [1, 3, 2]),
      finalRegister(1, 4, 7),
      finalRegister(2, 4, 7),
      finalRegister(3, 4, 7),
    ]);

    assert.deepEqual([result.verdict, result.opportunities], ['pass', 4]);
  });

  it('names the elements that differ, and the servers', () => {
    assert.equal(
      sentenceOf([finalSet(1, [1, 2]), finalSet(2, [1, 2, 9]), finalSet(3, [1, 2])]),
      'servers 1 and 3 and server 2 differ: 9 only on server 2',
    );
    assert.equal(
      sentenceOf([finalSet(1, [1, 2]), finalSet(2, [1, 2]), finalSet(3, [2, 8])]),
      'servers 1 and 2 and server 3 differ: 1 only on servers 1 and 2, 8 only on server 3',
    );
  });

  it('names the fields that differ in final reads of other workloads', () => {
    const final = (server: number, version: number): Drawn => ({
      f: 'final-stat',
      value: ['/session-order/0', null],
      result: ['/session-order/0', { value: 5, stat: { version, mzxid: 9 } }],
      server,
      from: 1000,
      to: 1005,
    });

    assert.equal(check([final(1, 7), final(2, 7), final(3, 7)]).verdict, 'pass');
    assert.equal(
      sentenceOf([final(1, 7), final(2, 7), final(3, 8)]),
      'servers 1 and 2 and server 3 differ in stat.version (7, 8)',
    );
  });

  it('names the fields of the Stat that differ where the data is the same', () => {
    const final = (server: number, mzxid: number, version: number): Drawn => ({
      ...finalRegister(server, 4, version),
      stat: [0x100000002, mzxid, 5, 6, version, 0, 0, 0, 1, 0, 0x100000002],
    });

    assert.equal(
      sentenceOf([final(1, 0x100000007, 3), final(2, 0x100000007, 3), final(3, 0x100000009, 4)]),
      'servers 1 and 2 and server 3 differ in the Stat: mzxid (0x100000007, 0x100000009), version (3, 4)',
    );
  });

  it('refuses an element that one server has twice', () => {
    assert.equal(
      sentenceOf([finalSet(1, [1, 2]), finalSet(2, [1, 2, 2]), finalSet(3, [1, 2])]),
      'servers 1 and 3 and server 2 differ: the same elements, not equally often',
    );
  });

  it('refuses registers that differ in value or version', () => {
    assert.equal(
      sentenceOf([finalRegister(1, 4, 7), finalRegister(2, 4, 7), finalRegister(3, 3, 6)]),
      'servers 1 and 2 have 4 (version 7), but server 3 has 3 (version 6)',
    );
    assert.equal(
      sentenceOf([finalRegister(1, 4, 7), finalRegister(2, 4, 8), finalRegister(3, 4, 7)]),
      'servers 1 and 3 have 4 (version 7), but server 2 has 4 (version 8)',
    );
  });

  it('is inconclusive when a server was not read', () => {
    const failed: Drawn = {
      f: 'final-read',
      value: ['/set', null],
      from: 10,
      to: 20,
      type: 'fail',
      server: 3,
    };

    const result = check([finalSet(1, [1]), finalSet(2, [1]), failed]);

    assert.deepEqual(
      [result.verdict, result.reason],
      ['inconclusive', 'no final read of /set from server 3'],
    );
  });

  it('is violated by two servers even when a third was not read', () => {
    assert.equal(check([finalSet(1, [1]), finalSet(2, [])]).verdict, 'violated');
  });

  it('is not exercised by one server or without final reads', () => {
    assert.equal(check([finalSet(1, [1])], [1]).verdict, 'not-exercised');
    assert.equal(check([]).verdict, 'not-exercised');
  });
});
