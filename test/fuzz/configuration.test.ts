// Any text at all as zoo.cfg: it is understood, or refused with the line and the remedy.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ConfigError, parseZooConfig } from '../../docker/zab/src/server/config.ts';
import { fuzz, garbage, mutate } from './mutate.ts';

const sample = Buffer.from(`# an ensemble
tickTime=2000
initLimit=10
syncLimit=5
dataDir=/var/lib/zookeeper
dataLogDir=/var/log/zookeeper
clientPort=2181
secureClientPort=2281
maxClientCnxns=60
minSessionTimeout=4000
maxSessionTimeout=40000
autopurge.snapRetainCount=3
autopurge.purgeInterval=1
4lw.commands.whitelist=stat, ruok, mntr
admin.enableServer=false
metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider
metricsProvider.httpPort=7000
reconfigEnabled=true
standaloneEnabled=false
localSessionsEnabled=true
group.1=1:2:3
weight.1=1
weight.2=1
weight.3=1
server.1=zab1:2888:3888;2181
server.2=zab2:2888:3888:participant;0.0.0.0:2181
server.3=[::1]:2888:3888
server.4=zab4:2888:3888:observer;2181
`);

describe('zoo.cfg', function () {
  this.timeout(600_000);

  it('is understood, or refused in words, whatever it says', () => {
    let refused = 0;
    fuzz(600, (random) => {
      const text = random.chance(0.1) ? garbage(random, 400) : mutate(sample, random, [sample]);
      try {
        parseZooConfig(text.toString('utf8'), 'zoo.cfg');
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        refused += 1;
        assert.match(error.message, /^zoo\.cfg(:\d+)?: /);
      }
    });
    assert.ok(refused > 50, `${refused} refused`);
  });
});
