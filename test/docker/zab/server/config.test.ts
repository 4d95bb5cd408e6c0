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
      `${ensemble.replace('server.3=zab3:2888:3888', '')}\nserver.12=[::1]:2888:3888:observer;2182\nserver.3=0.0.0.0:2888:3888:participant;127.0.0.1:2183`,
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
      'zoo.cfg:10: syncLimt is not known here and has no effect',
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
    ['weights', `${ensemble}\nweight.1=2`, 9, /weight.1: this server knows only majorities/],
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

  it('must be in the list of servers', () => {
    assert.throws(
      () => withServerId(config, '/data/myid', '9'),
      /no server\.9 line in zoo\.cfg, which lists 1, 2, 3.*server\.9=host:2888:3888/,
    );
  });
});
