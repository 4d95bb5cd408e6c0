import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { serializableTransactions } from '../../checkers/serializable-transactions.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import { HistoryError } from '../../harness/history/history-error.ts';
import { contextOf, draw } from './draw.ts';
import type { Drawn } from './draw.ts';

/** `r x 1 2, a y 3`: reads x as [1, 2] and appends 3 to y. */
function microOperations(text: string): (readonly [string, string, unknown])[] {
  return text.split(', ').map((part) => {
    const [f = '', key = '', ...elements] = part.split(' ');
    return f === 'a' ? ['append', key, Number(elements[0])] : ['r', key, elements.map(Number)];
  });
}

type More = Partial<Omit<Drawn, 'f' | 'value' | 'result'>>;

/** All at the same time, unless told. */
function txn(text: string, more: More = {}): Drawn {
  const result = microOperations(text);
  const value = result.map(([f, key, argument]) => [f, key, f === 'r' ? null : argument]);
  return { f: 'txn', value, result, from: 0, to: 100, ...more };
}

function snapshot(text: string, more: More = {}): Drawn {
  return { ...txn(text, more), f: 'snapshot' };
}

function finalLists(text: string, more: More = {}): Drawn {
  const { value, result, ...rest } = txn(text, { from: 1000, to: 1010, ...more });
  return { ...rest, f: 'final-lists', value: ['/append/0', value], result: ['/append/0', result] };
}

function judge(...calls: readonly Drawn[]): GuaranteeResult {
  return serializableTransactions.check(draw(calls), contextOf());
}

function anomaliesOf({ evidence }: GuaranteeResult): unknown[] {
  return evidence.map(({ details }) => details?.['anomaly']);
}

function assertFinds(name: string, ...calls: readonly Drawn[]): string {
  const result = judge(...calls);
  assert.equal(result.verdict, 'violated');
  assert.deepEqual(anomaliesOf(result), [name]);
  return result.evidence[0]?.sentence ?? '';
}

/** Too small to count as exercised, but nothing is wrong with it. */
function assertFindsNothing(...calls: readonly Drawn[]): void {
  const result = judge(...calls);
  assert.deepEqual(result.evidence, []);
  assert.equal(result.verdict, 'not-exercised');
}

describe('serializable transactions', () => {
  it('passes where every transaction saw the one before it', () => {
    const calls = Array.from({ length: 12 }, (_, index) => {
      const seen = Array.from({ length: index }, (_unused, element) => element + 1).join(' ');
      return txn(`r x ${seen}`.trim().concat(`, a x ${index + 1}`), { from: index * 10, to: index * 10 + 5 });
    });

    const result = judge(...calls);

    assert.equal(result.verdict, 'pass');
    assert.equal(result.opportunities, 11);
  });

  it('knows none of the others’ operations', () => {
    const result = judge({ f: 'write', value: ['/register/1', 5], from: 0, to: 5 });

    assert.equal(result.verdict, 'not-exercised');
  });

  it('refuses values that are no micro-operations', () => {
    assert.throws(
      () => judge({ f: 'txn', value: [['put', 'x', 1]], from: 0, to: 5 }),
      (error) => error instanceof HistoryError && error.message.includes('["put","x",1]'),
    );
  });
});

describe('internal', () => {
  it('sees a transaction that misses its own append', () => {
    assertFinds('internal', txn('a x 1, r x 2'), txn('a x 2'));
  });

  it('sees a list in two states within one transaction', () => {
    assertFinds('internal', txn('r x 1, r x 1 2'), txn('a x 1'), txn('a x 2'), txn('r x 1 2'));
  });

  it('accepts own appends behind those of others', () => {
    assertFindsNothing(txn('a x 1'), txn('r x 1, a x 2, r x 1 2, a x 3, r x 1 2 3'));
  });
});

describe('duplicate elements', () => {
  it('sees an element twice in one list', () => {
    assertFinds('duplicate-elements', txn('a x 1'), txn('r x 1 1'));
  });

  it('accepts equal elements in different lists', () => {
    assertFindsNothing(txn('a x 1, a y 1'), txn('r x 1, r y 1'));
  });
});

describe('garbage read', () => {
  it('sees an element that nobody appended', () => {
    assertFinds('garbage-read', txn('a x 1'), txn('r x 1 9'));
  });

  it('accepts an element whose append is in doubt', () => {
    assertFindsNothing(txn('a x 1'), txn('a x 9', { type: 'info' }), txn('r x 1 9'));
    assertFindsNothing(txn('a x 1'), txn('a x 9', { to: undefined as never }), txn('r x 1 9'));
  });
});

describe('incompatible order', () => {
  it('sees two lists of which neither begins the other', () => {
    assertFinds('incompatible-order', txn('a x 1'), txn('a x 2'), txn('r x 1 2'), txn('r x 2'));
  });

  it('accepts the beginning of a list', () => {
    assertFindsNothing(txn('a x 1'), txn('a x 2'), txn('r x 1 2'), txn('r x 1'), txn('r x'));
  });
});

describe('lost update', () => {
  it('sees two appends to the same state of a list', () => {
    const sentence = assertFinds('lost-update', txn('r x, a x 1'), txn('r x, a x 2'), txn('r x 1 2'));

    assert.match(sentence, /both read x as \[\] and both appended to it/);
  });

  it('accepts it where one of the two was refused, or is in doubt', () => {
    assertFindsNothing(txn('r x, a x 1'), txn('r x, a x 2', { type: 'fail' }), txn('r x 1'));
    assertFindsNothing(txn('r x, a x 1'), txn('r x, a x 2', { type: 'info' }), txn('r x 1'));
  });
});

describe('G1a, an aborted read', () => {
  it('sees an element of a transaction that failed for certain', () => {
    assertFinds('G1a', txn('a x 1', { type: 'fail' }), txn('r x 1'));
  });

  it('accepts one of a transaction in doubt', () => {
    assertFindsNothing(txn('a x 1', { type: 'info' }), txn('r x 1'));
  });
});

describe('G1b, an intermediate read', () => {
  it('sees a list that ends in the middle of a transaction', () => {
    assertFinds('G1b', txn('a x 1, a x 2'), txn('r x 1'));
  });

  it('accepts the whole of it, and what the transaction itself sees on its way', () => {
    assertFindsNothing(txn('a x 1, r x 1, a x 2'), txn('r x 1 2'));
  });
});

describe('G0, a cycle of writes', () => {
  it('sees two lists in which two transactions stand in opposite orders', () => {
    const sentence = assertFinds(
      'G0',
      txn('a x 1, a y 1'),
      txn('a x 2, a y 2'),
      snapshot('r x 1 2'),
      snapshot('r y 2 1'),
    );

    assert.match(
      sentence,
      /T1 appended 1 to x before T2 appended 2; T2 appended 2 to y before T1 appended 1/,
    );
  });

  it('accepts the same order in both', () => {
    assertFindsNothing(txn('a x 1, a y 1'), txn('a x 2, a y 2'), snapshot('r x 1 2'), snapshot('r y 1 2'));
  });
});

describe('an append that nobody read', () => {
  it('came behind what was read, which may be a cycle', () => {
    const sentence = assertFinds('G0', txn('a x 1, a y 1'), txn('a x 2, a y 2'), snapshot('r x 1 2, r y 2'));

    assert.match(sentence, /T2 appended 2 to y before T1 appended 1, which is in no list that anybody read/);
  });

  it('is no fault where it may be the last', () => {
    assertFindsNothing(txn('a x 1, a y 1'), txn('a y 2'), snapshot('r x, r y 2'), snapshot('r x 1'));
  });
});

describe('G1c, a circle of information', () => {
  it('sees two transactions that read each other’s appends', () => {
    const sentence = assertFinds('G1c', txn('a x 1, r y 2'), txn('a y 2, r x 1'));

    assert.match(sentence, /T1 appended 1 to x, which T2 read; T2 appended 2 to y, which T1 read/);
  });

  it('accepts one that reads the other’s', () => {
    assertFindsNothing(txn('a x 1, r y'), txn('a y 2, r x 1'));
  });
});

describe('G-single, a read skew', () => {
  it('sees half of a transaction', () => {
    const sentence = assertFinds('G-single', txn('a x 1, a y 1'), txn('r x 1, r y'), txn('r y 1'));

    assert.match(
      sentence,
      /T1 appended 1 to x, which T2 read; T2 read y as \[\], without 1 that T1 appended/,
    );
  });

  it('accepts all or nothing of it', () => {
    assertFindsNothing(txn('a x 1, a y 1'), txn('r x 1, r y 1'), txn('r x, r y'));
  });

  it('sees half of a transaction also in a list that nobody else read', () => {
    assertFinds('G-single', txn('a x 1, a y 1'), txn('r x 1, r y'));
  });

  it('counts no append in doubt that nobody saw', () => {
    assertFindsNothing(txn('a y 1', { type: 'info' }), txn('r y', { from: 200, to: 300 }));
  });
});

describe('G2-item, a write skew', () => {
  it('sees two transactions that each missed the other’s append', () => {
    assertFinds('G2-item', txn('r x, a y 1'), txn('r y, a x 1'), txn('r x 1, r y 1'));
  });

  it('accepts that one of them missed it', () => {
    assertFindsNothing(txn('r x, a y 1'), txn('r y 1, a x 1'), txn('r x 1, r y 1'));
  });
});

describe('real time', () => {
  it('sees a transaction that misses what was acknowledged before it', () => {
    const sentence = assertFinds(
      'G-single-realtime',
      txn('a x 1', { from: 0, to: 10 }),
      txn('r x', { from: 11, to: 20 }),
      txn('r x 1', { from: 11, to: 20 }),
    );

    assert.match(sentence, /T1 was acknowledged at 0\.010 s, before T2 was asked for at 0\.011 s/);
  });

  it('accepts what is as old as the acknowledgement', () => {
    assertFindsNothing(txn('a x 1', { from: 0, to: 10 }), txn('r x', { from: 10, to: 20 }));
  });

  it('lets a snapshot be old', () => {
    assertFindsNothing(txn('a x 1', { from: 0, to: 10 }), snapshot('r x', { from: 50, to: 60 }));
  });

  it('sees that a transaction undoes what a snapshot showed before', () => {
    assertFinds(
      'G-single-realtime',
      txn('a x 1', { from: 0, type: 'info' }),
      snapshot('r x 1', { from: 5, to: 10 }),
      txn('r x', { from: 20, to: 30 }),
    );
  });

  it('sees an acknowledged append that is gone at the end', () => {
    assertFinds('G-single-realtime', txn('a x 1', { from: 0, to: 10 }), finalLists('r x', { server: 2 }));
  });

  it('accepts an append in doubt that takes place late', () => {
    assertFindsNothing(
      txn('a x 1', { from: 0, to: 10, type: 'info' }),
      txn('r x', { from: 11, to: 20 }),
      finalLists('r x 1'),
    );
  });
});

describe('sessions', () => {
  const session = '0100000000000001';

  it('sees a snapshot older than one before it in the same session', () => {
    const sentence = assertFinds(
      'G-single-session',
      txn('a x 1', { from: 0, type: 'info' }),
      snapshot('r x 1', { from: 10, to: 20, process: 3, session }),
      snapshot('r x', { from: 30, to: 40, process: 3, session }),
    );

    assert.match(sentence, /in the same session/);
  });

  it('accepts it of another session', () => {
    assertFindsNothing(
      txn('a x 1', { from: 0, type: 'info' }),
      snapshot('r x 1', { from: 10, to: 20, process: 3, session }),
      snapshot('r x', { from: 30, to: 40, process: 3, session: '0200000000000002' }),
    );
  });

  it('sees a snapshot that misses its own session’s append', () => {
    assertFinds(
      'G-single-session',
      txn('a x 1', { from: 0, to: 10, process: 3, session }),
      snapshot('r x', { from: 20, to: 30, process: 3, session }),
    );
  });

  it('orders nothing behind what is in doubt', () => {
    assertFindsNothing(
      txn('a x 1', { from: 0, to: 10, process: 3, session, type: 'info' }),
      snapshot('r x', { from: 20, to: 30, process: 13, session }),
      finalLists('r x 1'),
    );
  });
});

describe('zxids', () => {
  it('sees a read that contradicts the claimed order', () => {
    const sentence = assertFinds('G-single-zxid', txn('a x 1', { zxid: 5 }), txn('r x', { zxid: 6 }));

    assert.match(sentence, /T1 has zxid 0x5, T2 the higher 0x6/);
  });

  it('accepts the order that the zxids claim', () => {
    assertFindsNothing(txn('a x 1', { zxid: 6 }), txn('r x', { zxid: 5 }));
  });

  it('takes no zxid of a snapshot for its place', () => {
    assertFindsNothing(txn('a x 1', { zxid: 5 }), snapshot('r x', { zxid: 6 }));
  });

  it('sees zxids against real time', () => {
    assertFinds(
      'zxid-order',
      txn('a x 1', { from: 0, to: 10, zxid: 6 }),
      txn('a y 1', { from: 20, to: 30, zxid: 5 }),
    );
  });
});
