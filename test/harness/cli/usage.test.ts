import { strict as assert } from 'node:assert';
import { describe, it } from 'mocha';
import {
  parseDuration,
  parseInteger,
  parseList,
  parseRate,
  parseSize,
  requireKnown,
  UsageError,
} from '../../../harness/cli/usage.ts';

function usageError(action: () => unknown, message: RegExp): void {
  assert.throws(action, (error) => error instanceof UsageError && message.test(error.message));
}

describe('command line values', () => {
  it('durations have a unit', () => {
    assert.equal(parseDuration('500ms', '--x'), 500);
    assert.equal(parseDuration('60s', '--x'), 60_000);
    assert.equal(parseDuration('1.5m', '--x'), 90_000);
    assert.equal(parseDuration('2h', '--x'), 7_200_000);
    for (const wrong of ['60', 's', '-1s', '0s', '1d', '1 s', '']) {
      usageError(() => parseDuration(wrong, '--x'), /^--x: expected a duration such as .*, found '/);
    }
  });

  it('sizes have a unit', () => {
    assert.equal(parseSize('2GiB', '--x'), 2 * 1024 ** 3);
    assert.equal(parseSize('1.5KiB', '--x'), 1536);
    for (const wrong of ['2GB', '2', 'GiB', '-1B', '0B']) {
      usageError(() => parseSize(wrong, '--x'), /^--x: expected a size such as/);
    }
  });

  it('numbers are whole and in their range', () => {
    const range = { what: '--servers', least: 1, most: 9 };

    assert.equal(parseInteger('5', range), 5);
    for (const wrong of ['0', '10', '1.5', '-1', 'five', '', '0x5', '1e1']) {
      usageError(
        () => parseInteger(wrong, range),
        /^--servers: expected a whole number from 1 to 9, found '/,
      );
    }
  });

  it('a rate may be a fraction', () => {
    assert.equal(parseRate('0.5'), 0.5);
    for (const wrong of ['0', '-1', 'fast', '1e9', ''])
      usageError(() => parseRate(wrong), /^--rate: expected/);
  });

  it('lists name each once', () => {
    assert.deepEqual(parseList('a, b,a', '--x'), ['a', 'b']);
    usageError(() => parseList('a,,b', '--x'), /^--x: expected names/);
  });

  it('an unknown name gets the nearest one, unless it is far-fetched', () => {
    const known = ['register', 'set'];

    requireKnown('set', { kind: 'workload', known });
    usageError(
      () => requireKnown('regster', { kind: 'workload', known }),
      /^unknown workload 'regster' \(did you mean register\?\); known: register, set$/,
    );
    usageError(
      () => requireKnown('bank-transfer', { kind: 'workload', known }),
      /^unknown workload 'bank-transfer'; known/,
    );
  });
});
