import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import { conformance } from '../../checkers/conformance.ts';
import type { GuaranteeResult } from '../../checkers/verdict.ts';
import type { Operation } from '../../harness/history/operation.ts';
import { contextOf } from './draw.ts';

const wrongVersion = {
  step: 3,
  request: 'setData a version 0',
  expected: { err: 'BADVERSION' },
  seen: { stat: { version: 2, dataLength: 1 } },
};

interface Play {
  readonly difference?: unknown;
  readonly since?: string;
  readonly type?: Operation['type'];
}

/** Twelve scripts played well, and then these. */
function judge(plays: readonly Play[], quorumSyncServers: readonly number[] = [1]): GuaranteeResult {
  const all = [...Array.from({ length: 12 }, (): Play => ({})), ...plays];
  const history = all.flatMap(({ difference = null, since, type = 'ok' }, place): Operation[] => {
    const common = { process: place, f: 'script', session: 's', server: 1, zxid: place + 1 };
    const played = { script: 'writes', steps: 4, difference, ...(since === undefined ? {} : { since }) };
    return [
      { ...common, index: 2 * place, time: place * 10, type: 'invoke', value: [`/c/${place}`, {}] },
      { ...common, index: 2 * place + 1, time: place * 10 + 5, type, value: [`/c/${place}`, played] },
    ];
  });
  const context = contextOf({ quorumSyncServers: new Set(quorumSyncServers) });
  return conformance.check(history, context);
}

describe('conformance', () => {
  it('passes scripts without a difference', () => {
    const { verdict, opportunities } = judge([]);

    assert.deepEqual({ verdict, opportunities }, { verdict: 'pass', opportunities: 12 });
  });

  it('names script, step, what was expected and what was seen', () => {
    const { verdict, evidence } = judge([{ difference: wrongVersion }]);

    assert.equal(verdict, 'violated');
    assert.equal(evidence[0]?.subject, '/c/12');
    assert.equal(
      evidence[0]?.sentence,
      'script "writes", step 3 of 4, setData a version 0: expected err "BADVERSION", was given stat {"version":2,"dataLength":1}',
    );
    assert.deepEqual(
      evidence[0]?.operations.map(({ index }) => index),
      [24, 25],
    );
  });

  it('tells only the fields of a Stat that differ', () => {
    const difference = {
      step: 1,
      request: 'exists a',
      expected: { stat: { version: 1, cversion: 0, pzxid: 'birth' } },
      seen: { stat: { version: 1, cversion: 2, pzxid: 'birth' } },
    };

    const { evidence } = judge([{ difference }]);

    assert.match(evidence[0]?.sentence ?? '', /exists a: expected cversion 0, was given cversion 2$/);
  });

  it('tells an answer that should have been an error', () => {
    const difference = { step: 1, request: 'exists a', expected: { err: 'NOAUTH' }, seen: {} };

    assert.match(
      judge([{ difference }]).evidence[0]?.sentence ?? '',
      /expected err "NOAUTH", was given no error$/,
    );
  });

  it('does not count a script that a fault ended', () => {
    const { verdict, opportunities } = judge([{ type: 'info', difference: wrongVersion }, { type: 'fail' }]);

    assert.deepEqual({ verdict, opportunities }, { verdict: 'pass', opportunities: 12 });
  });

  it('asks for what only newer releases answer of the bundled server alone', () => {
    const play = { difference: wrongVersion, since: '3.8.4' };

    assert.equal(judge([play], [1]).verdict, 'violated');
    assert.equal(judge([play], []).verdict, 'pass');
  });

  it('is not exercised by a few scripts', () => {
    const context = contextOf({ quorumSyncServers: new Set() });

    assert.equal(conformance.check([], context).verdict, 'not-exercised');
  });
});
