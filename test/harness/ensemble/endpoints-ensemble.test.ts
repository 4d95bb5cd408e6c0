// An ensemble that somebody else runs: how it is named, and that nothing here harms it.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createEndpointsEnsemble, parseEndpoints } from '../../../harness/ensemble/endpoints-ensemble.ts';

describe('endpoints', () => {
  it('are HOST:PORT, separated by commas', () => {
    assert.deepEqual(parseEndpoints('a.example:2181, [::1]:2182'), [
      { host: 'a.example', port: 2181 },
      { host: '::1', port: 2182 },
    ]);
  });

  for (const text of ['', 'a.example', 'a.example:', 'a.example:0', 'a.example:65536', 'a:1,', '::1:2181']) {
    it(`are not '${text}'`, () => {
      assert.throws(() => parseEndpoints(text), /is not an endpoint; expected HOST:PORT/);
    });
  }

  it('get server ids in their order', () => {
    const ensemble = createEndpointsEnsemble(parseEndpoints('a:1,b:2'));

    assert.deepEqual(
      ensemble.servers.map(({ sid, system }) => [sid, system]),
      [
        [1, 'a:1'],
        [2, 'b:2'],
      ],
    );
  });

  it('offer no fault, and refuse each by name', async () => {
    const ensemble = createEndpointsEnsemble(parseEndpoints('a:1,b:2'));

    assert.equal(ensemble.capabilities.size, 0);
    await assert.rejects(ensemble.kill(2), /cannot kill b:2: somebody else runs it/);
    await assert.rejects(ensemble.setCuts([{ from: 2, to: 1 }]), /cannot partition a:1/);
    await ensemble.setCuts([]);
  });

  it('fail to start when nobody answers, with what may be wrong', async () => {
    const ensemble = createEndpointsEnsemble([{ host: '127.0.0.1', port: 1 }]);

    await assert.rejects(ensemble.start(), /none of 127\.0\.0\.1:1 answers .*4lw\.commands\.whitelist/);
  });
});
