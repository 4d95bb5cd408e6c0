import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { ErrorCode } from '../../../../harness/wire/constants.ts';
import { openAcl, type ClientRequest } from '../../../../harness/wire/records.ts';
import { MemoryServer, type MemoryClient } from './memory-server.ts';
import { MemoryWorld } from './memory-world.ts';

const lineOf = (sid: number, role = 'participant') =>
  `server.${sid}=zab${sid}:2888:3888:${role};zab${sid}:2181`;
const setData: ClientRequest = { type: 'setData', path: '/a', data: Buffer.from('1'), version: -1 };
const getConfig: ClientRequest = { type: 'getData', path: '/zookeeper/config', watch: false };
const create: ClientRequest = { type: 'create', path: '/a', data: null, acl: openAcl, flags: 0 };

function reconfig(change: Partial<Extract<ClientRequest, { type: 'reconfig' }>>): ClientRequest {
  return {
    type: 'reconfig',
    joiningServers: null,
    leavingServers: null,
    newMembers: null,
    curConfigId: -1,
    ...change,
  };
}

class Ensemble {
  readonly world = new MemoryWorld();
  readonly servers = new Map<number, MemoryServer>();
  readonly #lines: readonly string[];

  constructor(
    members: readonly { readonly sid: number; readonly role?: string }[],
    lines: readonly string[] = ['skipACL=yes', 'standaloneEnabled=false'],
  ) {
    this.#lines = [...lines, 'reconfigEnabled=true'];
    for (const { sid } of members) {
      this.add(
        sid,
        members.map((member) => lineOf(member.sid, member.role)),
      );
    }
    this.world.run(2_000);
  }

  add(sid: number, serverLines: readonly string[]): MemoryServer {
    const server = new MemoryServer(this.world, { sid, serverLines, lines: this.#lines });
    this.servers.set(sid, server);
    return server;
  }

  server(sid: number): MemoryServer {
    const server = this.servers.get(sid);
    assert.ok(server);
    return server;
  }

  get modes(): Record<number, string | null> {
    return Object.fromEntries([...this.servers].map(([sid, { server }]) => [sid, server.mode]));
  }

  get leader(): number {
    const [sid] = [...this.servers].find(([, { server }]) => server.mode === 'leader') ?? [];
    assert.ok(sid !== undefined, 'one leads');
    return sid;
  }

  client(sid: number): MemoryClient {
    const client = this.server(sid).client();
    this.world.run(100);
    return client;
  }

  /** The error of one request, and the text that came with it. */
  ask(sid: number, request: ClientRequest): { err: number | undefined; text: string } {
    const client = this.client(sid);
    client.send(request);
    this.world.run(600);
    const reply = client.replies().at(-1);
    const body = reply?.body as { data?: Buffer | null } | undefined;
    return { err: reply?.err, text: body?.data?.toString() ?? '' };
  }
}

const trio = [{ sid: 1 }, { sid: 2 }, { sid: 3 }];
const lines = (...sids: number[]) => sids.map((sid) => lineOf(sid)).join('\n');

describe('reconfig', () => {
  it('gives the first configuration the number of the epoch', () => {
    const ensemble = new Ensemble(trio);

    assert.deepEqual(
      [1, 2, 3].map((sid) => ensemble.ask(sid, getConfig).text),
      [1, 2, 3].map(() => `${lines(1, 2, 3)}\nversion=100000000`),
    );
  });

  it('removes a follower, which goes on without a vote', () => {
    const ensemble = new Ensemble(trio);
    const [gone = 0] = [1, 2, 3].filter((sid) => sid !== ensemble.leader);
    const left = [1, 2, 3].filter((sid) => sid !== gone);

    const { err, text } = ensemble.ask(ensemble.leader, reconfig({ leavingServers: String(gone) }));

    assert.equal(err, 0);
    assert.match(text, new RegExp(`^${lines(...left).replaceAll('.', '\\.')}\nversion=1000000[0-9a-f]{2}$`));
    assert.equal(ensemble.server(gone).server.mode, 'follower');
    assert.equal(ensemble.ask(gone, getConfig).text, text);
  });

  it('lets a server join that knows the others, and give it a vote', () => {
    const ensemble = new Ensemble(trio);
    ensemble.add(4, [lineOf(1), lineOf(2), lineOf(3), lineOf(4)]);
    ensemble.world.run(4_000);
    assert.equal(ensemble.server(4).server.mode, 'follower');

    const { err, text } = ensemble.ask(1, reconfig({ joiningServers: lineOf(4) }));

    assert.equal(err, 0);
    assert.ok(text.startsWith(lines(1, 2, 3, 4)));
    assert.equal(ensemble.ask(4, getConfig).text, text);
    assert.equal(ensemble.ask(4, create).err, 0);
  });

  it('replaces the leader without an election', () => {
    const ensemble = new Ensemble(trio);
    const { leader } = ensemble;

    ensemble.ask(leader, reconfig({ leavingServers: String(leader) }));
    ensemble.world.run(2_000);

    assert.notEqual(ensemble.leader, leader);
    assert.equal(ensemble.server(leader).server.mode, 'follower');
    const elections = [1, 2, 3].flatMap((sid) =>
      ensemble.server(sid).trace.filter(({ event }) => event === 'ELECTED'),
    );
    assert.equal(elections.length, 3, 'the first election was the last');
    assert.equal(ensemble.ask(leader, create).err, 0);
  });

  it('makes a voter of an observer, and an observer of a voter', () => {
    const ensemble = new Ensemble([...trio, { sid: 4, role: 'observer' }]);
    const [demoted = 0] = [1, 2, 3].filter((sid) => sid !== ensemble.leader);
    assert.equal(ensemble.server(4).server.mode, 'observer');

    const joiningServers = `${lineOf(4)},${lineOf(demoted, 'observer')}`;
    assert.equal(ensemble.ask(ensemble.leader, reconfig({ joiningServers })).err, 0);
    ensemble.world.run(2_000);

    assert.equal(ensemble.server(4).server.mode, 'follower');
    assert.equal(ensemble.server(demoted).server.mode, 'observer');
    for (const sid of [1, 2, 3, 4]) assert.notEqual(ensemble.ask(sid, setData).err, undefined);
  });

  it('grows an ensemble of one to three, and shrinks it again', () => {
    const ensemble = new Ensemble([{ sid: 1 }]);
    for (const sid of [2, 3]) ensemble.add(sid, [lineOf(1), lineOf(sid)]);
    ensemble.world.run(6_000);
    assert.deepEqual(ensemble.modes, { 1: 'leader', 2: 'follower', 3: 'follower' });

    assert.equal(ensemble.ask(1, reconfig({ joiningServers: `${lineOf(2)},${lineOf(3)}` })).err, 0);
    assert.equal(ensemble.ask(3, create).err, 0);
    assert.equal(ensemble.ask(1, reconfig({ newMembers: lineOf(1) })).err, 0);

    ensemble.server(2).server.stop();
    ensemble.server(3).server.stop();
    ensemble.world.run(4_000);
    assert.equal(ensemble.ask(1, setData).err, 0);
  });

  it('is kept in files as Apache ZooKeeper keeps it, and found there', () => {
    const ensemble = new Ensemble(trio);
    const { leader } = ensemble;
    const [gone = 0, kept = 0] = [1, 2, 3].filter((sid) => sid !== leader);
    const { text } = ensemble.ask(leader, reconfig({ leavingServers: String(gone) }));
    ensemble.world.run(500);
    const version = text.slice(text.indexOf('version=') + 'version='.length);

    const { disk } = ensemble.server(kept);
    const read = (path: string) => disk.read(path)?.toString() ?? null;
    const [first = 0, second = 0] = [leader, kept].sort((one, other) => one - other);
    assert.equal(read(`/conf/zoo.cfg.dynamic.${version}`), lines(first, second));
    assert.match(
      read('/conf/zoo.cfg') ?? '',
      new RegExp(`dynamicConfigFile=/conf/zoo.cfg.dynamic.${version}\n$`),
    );
    assert.doesNotMatch(read('/conf/zoo.cfg') ?? '', /server\.|clientPort/);
    assert.match(read('/conf/zoo.cfg.bak') ?? '', /dynamicConfigFile=\/conf\/zoo.cfg.dynamic.100000000\n/);
    assert.equal(read('/conf/zoo.cfg.dynamic.next'), null);

    ensemble.server(kept).restart();
    ensemble.world.run(3_000);
    assert.equal(ensemble.ask(kept, getConfig).text, text);
    // One that was left out keeps the file that says where it listens, and hears the rest.
    ensemble.server(gone).restart();
    ensemble.world.run(3_000);
    assert.equal(ensemble.ask(gone, getConfig).text, text);
  });

  const refusals: [string, Partial<Extract<ClientRequest, { type: 'reconfig' }>>, number][] = [
    ['another version', { leavingServers: '1', curConfigId: 7 }, ErrorCode.BAD_VERSION],
    ['a server without its ports', { joiningServers: 'server.9=zab9:1' }, ErrorCode.BAD_ARGUMENTS],
    ['a server without a client port', { joiningServers: 'server.9=zab9:1:2' }, ErrorCode.BAD_ARGUMENTS],
    [
      'a place where another listens',
      { joiningServers: 'server.9=zab1:2888:4;2181' },
      ErrorCode.BAD_ARGUMENTS,
    ],
    ['a key that is no server', { newMembers: `${lineOf(1)}\ndataDir=/d` }, ErrorCode.BAD_ARGUMENTS],
    ['no voter', { leavingServers: '1,2,3' }, ErrorCode.BAD_ARGUMENTS],
    [
      'a majority that is not there',
      { joiningServers: [7, 8, 9].map((sid) => lineOf(sid)).join() },
      ErrorCode.NEW_CONFIG_NO_QUORUM,
    ],
  ];
  it('refuses what cannot be', () => {
    const ensemble = new Ensemble(trio);

    for (const [name, change, expected] of refusals) {
      assert.equal(ensemble.ask(1, reconfig(change)).err, expected, name);
    }
  });

  it('is refused to whoever may not write the configuration, after everything else', () => {
    const ensemble = new Ensemble(trio, []);

    assert.equal(ensemble.ask(1, reconfig({ leavingServers: '1' })).err, ErrorCode.NO_AUTH);
    assert.equal(ensemble.ask(1, reconfig({ leavingServers: '1,2' })).err, ErrorCode.BAD_ARGUMENTS);
  });

  it('counts groups where there are any', () => {
    const groups = ['group.1=1:2', 'group.2=3', 'group.3=4', 'weight.1=2'];
    const ensemble = new Ensemble([...trio, { sid: 4 }], ['skipACL=yes', ...groups]);

    const { text } = ensemble.ask(1, getConfig);

    assert.match(
      text,
      /\ngroup\.1=1:2\ngroup\.2=3\ngroup\.3=4\nweight\.1=2\nweight\.2=1\nweight\.3=1\nweight\.4=1\nversion=/,
    );
    // Two of three groups are left: 1 alone is more than half of its group.
    ensemble.server(2).server.stop();
    ensemble.server(4).server.stop();
    ensemble.world.run(4_000);
    assert.equal(ensemble.ask(1, create).err, 0);
    assert.equal(
      ensemble.ask(1, reconfig({ leavingServers: '4' })).err,
      ErrorCode.BAD_ARGUMENTS,
      'one by one',
    );
  });
});
