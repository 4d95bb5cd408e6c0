import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  clientAddressOf,
  ConfigError,
  parseZooConfig,
  withServerId,
} from '../../../../docker/zab/src/server/config.ts';
import { parseProperties } from '../../../../docker/zab/src/server/properties.ts';

const ensemble = [
  'tickTime=2000',
  'initLimit=10',
  'syncLimit=5',
  'dataDir=/data',
  'clientPort=2181',
  'server.1=zab1:2888:3888',
  'server.2=zab2:2888:3888',
  'server.3=zab3:2888:3888',
].join('\n');

function errorOf(text: string): ConfigError {
  try {
    parseZooConfig(text, 'conf/zoo.cfg');
  } catch (error) {
    assert(error instanceof ConfigError);
    return error;
  }
  return assert.fail(`accepted: ${text}`);
}

describe('zoo.cfg', () => {
  it('fills in every default', () => {
    const config = parseZooConfig('dataDir=/data\nclientPort=2181\n', 'zoo.cfg');

    assert.equal(config.mode, 'standalone');
    assert.equal(config.tickTimeMs, 3000);
    assert.equal(config.minSessionTimeoutMs, 6000);
    assert.equal(config.maxSessionTimeoutMs, 60000);
    assert.equal(config.dataLogDir, '/data');
    assert.equal(config.snapCount, 100000);
    assert.equal(config.commitLogCount, 500);
    assert.equal(config.maxClientConnections, 60);
    assert.deepEqual([...(config.fourLetterWords as Set<string>)], ['srvr']);
    assert.deepEqual(clientAddressOf(config), { host: '0.0.0.0', port: 2181 });
    assert.deepEqual(config.warnings, []);
  });

  it('reads the servers of an ensemble, in ascending order', () => {
    const config = parseZooConfig(
      `${ensemble.replace('server.3=zab3:2888:3888', '').replace('clientPort=2181\n', '')}\nserver.12=[::1]:2888:3888:observer;2182\nserver.3=0.0.0.0:2888:3888:participant;127.0.0.1:2183`,
      'zoo.cfg',
    );

    assert.equal(config.mode, 'ensemble');
    assert.deepEqual(
      config.membership.members.map(({ sid, host, role, clientAddress }) => [sid, host, role, clientAddress]),
      [
        [1, 'zab1', 'participant', undefined],
        [2, 'zab2', 'participant', undefined],
        [3, '0.0.0.0', 'participant', '127.0.0.1:2183'],
        [12, '::1', 'observer', '0.0.0.0:2182'],
      ],
    );
    const third = withServerId(config, '/data/myid', '3\n');
    assert.deepEqual(clientAddressOf(third), { host: '127.0.0.1', port: 2183 });
  });

  it('runs one participant alone, and an ensemble of one when told so', () => {
    const one = 'dataDir=/d\ninitLimit=5\nsyncLimit=2\nserver.1=a:1:2;2181';

    assert.equal(parseZooConfig(one, 'zoo.cfg').mode, 'standalone');
    assert.deepEqual(clientAddressOf(parseZooConfig(one, 'zoo.cfg')), { host: '0.0.0.0', port: 2181 });
    assert.equal(parseZooConfig(`${one}\nstandaloneEnabled=false`, 'zoo.cfg').mode, 'ensemble');
  });

  it('understands the syntax of Java properties', () => {
    const parsed = parseProperties(
      '# comment\n! comment\n\n  dataDir : /a\\\n   b\nclient\\ key=\\u0041\\tb\nempty\nlast = x=y \r\n',
    );

    assert.deepEqual(parsed, [
      { key: 'dataDir', value: '/ab', line: 4 },
      { key: 'client key', value: 'A\tb', line: 6 },
      { key: 'empty', value: '', line: 7 },
      { key: 'last', value: 'x=y', line: 8 },
    ]);
  });

  it('warns of unknown keys by name and line, and of an even number of voters', () => {
    const config = parseZooConfig(`${ensemble}\nserver.4=zab4:2888:3888\nsyncLimt=5\n`, 'zoo.cfg');

    assert.deepEqual(config.warnings, [
      'zoo.cfg:10: syncLimt is not known here and has no effect; did you mean syncLimit?',
      '4 participants tolerate no more failures than 3 would',
    ]);
  });

  it('takes the keys of ordinary files without a warning', () => {
    const text = `${ensemble}\npreAllocSize=16\nelectionAlg=3\npeerType=participant\nforceSync=no\n4lw.commands.whitelist=*\nautopurge.purgeInterval=1\nautopurge.snapRetainCount=5\nadmin.enableServer=false`;

    const config = parseZooConfig(text, 'zoo.cfg');

    assert.deepEqual(config.warnings, []);
    assert.equal(config.forceSync, false);
    assert.equal(config.fourLetterWords, 'all');
    assert.equal(config.purgeRetainCount, 5);
  });

  it('takes as a key what Apache ZooKeeper takes only as a Java property', () => {
    const config = parseZooConfig(
      [
        ensemble,
        'DigestAuthenticationProvider.superDigest=super:xQJmxLMiHGwaqBvst5y6rkB6HQs=',
        'readonlymode.enabled=true',
        'jute.maxbuffer=2000000',
        'znode.container.checkIntervalMs=500',
        'skipACL=yes',
        'leaderServes=no',
        'snapshotSizeFactor=-0.5',
      ].join('\n'),
      'zoo.cfg',
    );

    assert.deepEqual(config.warnings, []);
    assert.equal(config.superDigest, 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=');
    assert.equal(config.readOnlyMode, true);
    assert.deepEqual([...(config.fourLetterWords as Set<string>)], ['srvr', 'isro']);
    assert.equal(config.maxFrameBytes, 2_000_000);
    assert.equal(config.containerCheckIntervalMs, 500);
    assert.equal(config.skipAcl, true);
    assert.equal(config.leaderServes, false);
    assert.equal(config.snapshotSizeFactor, -0.5);
  });

  it('reads the AdminServer, the metrics provider and TLS', () => {
    const config = parseZooConfig(
      [
        ensemble,
        'admin.serverPort=8081',
        'admin.commandURL=/zk/',
        'metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider',
        'metricsProvider.httpPort=7001',
        'secureClientPort=2281',
        'ssl.keyStore.location=/tls/server.pem',
        'ssl.clientAuth=WANT',
        'ssl.quorum.trustStore.location=/tls/ca.pem',
        'sslQuorum=true',
      ].join('\n'),
      'zoo.cfg',
    );

    assert.deepEqual(config.warnings, []);
    assert.deepEqual(
      [config.admin.enabled, config.admin.port, config.admin.commandUrl, config.metrics.provider],
      [true, 8081, '/zk', 'prometheus'],
    );
    assert.equal(config.metrics.port, 7001);
    assert.equal(config.tls.secureClientPort, 2281);
    assert.equal(config.tls.client.keyStore.location, '/tls/server.pem');
    assert.equal(config.tls.client.clientAuth, 'want');
    assert.equal(config.tls.quorum.trustStore.location, '/tls/ca.pem');
    assert.equal(config.tls.sslQuorum, true);
  });

  it('says why a key of Apache ZooKeeper changes nothing here', () => {
    const text = `${ensemble}\nserverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory\nauthProvider.1=a.B`;

    assert.deepEqual(parseZooConfig(text, 'zoo.cfg').warnings, [
      'zoo.cfg:9: serverCnxnFactory has no effect here: one event loop serves all connections, there are no threads to size',
      'zoo.cfg:10: authProvider.1 has no effect here: Java classes cannot be loaded; the schemes are world, auth, digest, ip and super',
    ]);
  });

  it('says of a key that can only be what it is by default that it is', () => {
    const text = `${ensemble}\nsyncEnabled=true\ndatadir.autocreate=false\nflushDelay=5`;

    assert.deepEqual(parseZooConfig(text, 'zoo.cfg').warnings, [
      'zoo.cfg:10: datadir.autocreate=false has no effect here: directories that are missing are made',
      'zoo.cfg:11: flushDelay has no effect here: writes are gathered while the disk is busy, and never wait without need',
    ]);
  });

  it('names the nearest key, also for the name of the Java property', () => {
    const text = `${ensemble}\nzookeeper.skipACL=yes\nautopurge.purgeIntervall=1\nshoeSize=42`;

    assert.deepEqual(parseZooConfig(text, 'zoo.cfg').warnings, [
      'zoo.cfg:9: zookeeper.skipACL is not known here and has no effect; did you mean skipACL?',
      'zoo.cfg:10: autopurge.purgeIntervall is not known here and has no effect; did you mean autopurge.purgeInterval?',
      'zoo.cfg:11: shoeSize is not known here and has no effect',
    ]);
  });

  it('takes anything but true for false where Java does, and says so', () => {
    const config = parseZooConfig(`${ensemble}\nenforceQuota=yes`, 'zoo.cfg');

    assert.equal(config.enforcesQuota, false);
    assert.deepEqual(config.warnings, [
      'zoo.cfg:9: enforceQuota: expected true or false, found "yes"; taken as false',
    ]);
  });

  it('says that followers serve no observers', () => {
    assert.deepEqual(parseZooConfig(`${ensemble}\nobserverMasterPort=2191`, 'zoo.cfg').warnings, [
      'observerMasterPort is not served by this server: observers connect to the leader instead',
    ]);
  });

  it('takes servers, groups and the version from the file that dynamicConfigFile names', () => {
    const text = 'dataDir=/d\ninitLimit=1\nsyncLimit=1\ndynamicConfigFile=/c/zoo.cfg.dynamic.10000000b';
    const files = new Map([['/c/zoo.cfg.dynamic.10000000b', 'server.2=b:1:2;3\nserver.1=a:1:2;3']]);

    const { membership, mode } = parseZooConfig(text, 'zoo.cfg', (path) => files.get(path) ?? null);

    assert.equal(mode, 'ensemble');
    assert.equal(membership.version, 0x1_0000_000b);
    assert.deepEqual(
      membership.members.map(({ sid }) => sid),
      [1, 2],
    );
  });

  it('warns when peerType and the own server line differ', () => {
    const config = parseZooConfig(`${ensemble}\npeerType=observer`, 'zoo.cfg');

    assert.deepEqual(withServerId(config, '/data/myid', '1').warnings, [
      'zoo.cfg: peerType=observer, but the line of server.1 says participant, which counts',
    ]);
  });

  const table: readonly [name: string, text: string, line: number | null, message: RegExp][] = [
    ['a missing dataDir', 'clientPort=1', null, /dataDir is missing.*dataDir=\//],
    ['an empty dataDir', 'clientPort=1\ndataDir=', 2, /dataDir is missing/],
    [
      'a word for a number',
      'dataDir=/d\ntickTime=fast',
      2,
      /tickTime: expected a whole number.*"fast".*tickTime=3000/,
    ],
    ['a tick of zero', 'tickTime=0\ndataDir=/d', 1, /from 1 to/],
    ['a port beyond 65535', 'dataDir=/d\nclientPort=70000', 2, /clientPort.*65535.*70000.*clientPort=2181/],
    ['a wrong boolean', 'dataDir=/d\nstandaloneEnabled=maybe', 2, /true or false.*standaloneEnabled=true/],
    ['another election', 'dataDir=/d\nelectionAlg=0', 2, /electionAlg: expected 3/],
    ['a wrong peerType', 'dataDir=/d\npeerType=leader', 2, /participant or observer/],
    ['timeouts that cross', 'dataDir=/d\nminSessionTimeout=90000', 2, /above maxSessionTimeout 60000/],
    [
      'a server line with one port',
      `${ensemble}\nserver.4=zab4:2888`,
      9,
      /server\.4: expected host:quorumPort:electionPort.*The form is/,
    ],
    ['equal ports', `${ensemble}\nserver.4=zab4:2888:2888`, 9, /two different ports/],
    ['an unknown role', `${ensemble}\nserver.4=zab4:2888:3888:witness`, 9, /participant or observer/],
    ['a server id that is no number', `${ensemble}\nserver.one=zab4:2888:3888`, 9, /decimal server id/],
    ['a server id given twice', `${ensemble}\nserver.02=zab4:2888:3888`, 9, /other than that of line 7/],
    ['several addresses', `${ensemble}\nserver.4=a:1:2|b:1:2`, 9, /one address/],
    ['a bad client part', `${ensemble}\nserver.4=a:1:2;x:y`, 9, /clientPort behind/],
    [
      'a missing initLimit',
      ensemble.replace('initLimit=10\n', ''),
      null,
      /initLimit is missing.*initLimit=10/,
    ],
    ['a missing syncLimit', ensemble.replace('syncLimit=5\n', ''), null, /syncLimit is missing/],
    [
      'observers beside one participant',
      'dataDir=/d\nserver.1=a:1:2\nserver.2=b:1:2:observer',
      null,
      /standaloneEnabled=false/,
    ],
    ['no participant', 'dataDir=/d\nserver.1=a:1:2:observer', null, /no server.N line names a participant/],
    ['an address without its port', 'dataDir=/d\nclientPortAddress=::1', 2, /without clientPort/],
    ['a factor that is no number', 'dataDir=/d\nsnapshotSizeFactor=a third', 2, /decimal number/],
    ['a command path without a slash', 'dataDir=/d\nadmin.commandURL=zk', 2, /begins with a slash/],
    ['another metrics provider', 'dataDir=/d\nmetricsProvider.className=a.B', 2, /PrometheusMetricsProvider/],
    ['SASL between servers', `${ensemble}\nquorum.auth.enableSasl=true`, 9, /sslQuorum=true/],
    ['clients that must authenticate', `${ensemble}\nenforce.auth.enabled=true`, 9, /clientAuth=need/],
    ['another digest', 'dataDir=/d\nDigestAuthenticationProvider.digestAlg=SHA-256', 2, /expected sha1/],
    ['an oracle', `${ensemble}\noraclePath=/o`, 9, /no oracle/],
    ['weights without groups', `${ensemble}\nweight.1=2`, 9, /server 1 is in no group.*group\.N=/],
    ['a server in two groups', `${ensemble}\ngroup.1=1:2\ngroup.2=2:3`, 9, /in group 1 and in group 2/],
    ['a group that is no list', `${ensemble}\ngroup.1=1,2,3`, 9, /group\.1: expected group\.N=/],
    ['servers in two files', `${ensemble}\ndynamicConfigFile=/z.dynamic`, 6, /server\.1 stands beside/],
    ['a dynamic file that is not there', 'dataDir=/d\ndynamicConfigFile=/z', 2, /\/z cannot be read/],
    ['a bad escape', 'dataDir=/d\nkey=\\u12', 2, /four hex digits/],
  ];
  for (const [name, text, line, message] of table) {
    it(`refuses ${name}, with line and remedy`, () => {
      const error = errorOf(text);

      assert.equal(error.line, line);
      assert.match(error.message, message);
      assert.match(
        error.message,
        line === null ? /^conf\/zoo\.cfg: / : new RegExp(`^conf/zoo\\.cfg:${line}: `),
      );
    });
  }
});

describe('myid', () => {
  const config = parseZooConfig(ensemble, 'zoo.cfg');

  it('gives the server its id', () => {
    assert.equal(withServerId(config, '/data/myid', ' 2 \nrest').serverId, 2);
  });

  it('is missed with its path and the remedy', () => {
    assert.throws(
      () => withServerId(config, '/data/myid', null),
      /\/data\/myid: the file is missing.*one of 1, 2, 3.*echo 1 > \/data\/myid/,
    );
  });

  it('must be a number', () => {
    assert.throws(
      () => withServerId(config, '/data/myid', 'two'),
      /\/data\/myid:1: expected a server id in decimal, found "two"/,
    );
  });

  it('must not give a server two client ports', () => {
    const two = parseZooConfig(`${ensemble}\nserver.4=zab4:2888:3888;2182`, 'zoo.cfg');

    assert.throws(
      () => withServerId(two, '/data/myid', '4'),
      /clientPort says 0\.0\.0\.0:2181, the line of server\.4 says 0\.0\.0\.0:2182/,
    );
  });

  it('must be in the list of servers', () => {
    assert.throws(
      () => withServerId(config, '/data/myid', '9'),
      /no server\.9 line in zoo\.cfg, which lists 1, 2, 3.*server\.9=host:2888:3888/,
    );
  });
});
