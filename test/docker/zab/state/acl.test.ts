import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { AuthId } from '../../../../harness/wire/quorum-packet.ts';
import { openAcl, type Acl } from '../../../../harness/wire/records.ts';
import { isAllowed, maskedAcl, Permission, settableAcl } from '../../../../docker/zab/src/state/acl.ts';
import { AclCache, openAclKey } from '../../../../docker/zab/src/state/acl-cache.ts';

const alice: AuthId = { scheme: 'digest', id: 'alice:hash' };
const home: AuthId = { scheme: 'ip', id: '10.1.2.3' };

function entry(scheme: string, id: string, perms = 31): Acl {
  return { perms, scheme, id };
}

function settable(acl: readonly Acl[] | null, ids: readonly AuthId[], takesX509 = false): unknown {
  return settableAcl(acl, ids, { takesX509 });
}

describe('ACL that is set', () => {
  for (const [scheme, id] of [
    ['world', 'anyone'],
    ['digest', 'alice:hash'],
    ['ip', '10.0.0.1'],
    ['ip', '10.0.0.0/8'],
    ['ip', '0.0.0.0/0'],
    ['ip', '+10.001.0.-0/+08'],
  ] as const) {
    it(`takes ${scheme}:${id}`, () => {
      assert.deepEqual(settable([entry(scheme, id)], []), [entry(scheme, id)]);
    });
  }

  for (const [scheme, id] of [
    ['world', 'other'],
    ['digest', 'nocolon'],
    ['digest', 'a:b:c'],
    ['ip', '10.0.0'],
    ['ip', '10.0.0.256'],
    ['ip', '10.0.0.1/33'],
    ['ip', '10.0.0.1/8/8'],
    ['ip', '::1'],
    ['ip', '10.0.0.1/'],
    ['ip', '10.0.0.-1'],
    ['x509', 'CN=alice'],
    ['super', 'root'],
    ['sasl', 'alice'],
    ['nosuch', 'x'],
  ] as const) {
    it(`refuses ${scheme}:${id}`, () => {
      assert.equal(settable([entry(scheme, id)], [alice]), null);
    });
  }

  it('refuses none at all', () => {
    assert.equal(settable(null, [alice]), null);
    assert.equal(settable([], [alice]), null);
  });

  it('may name the subject of a certificate where clients can have one', () => {
    for (const id of ['CN=alice', 'CN=alice,O=Example Inc.,C=DE', '']) {
      assert.deepEqual(settable([entry('x509', id)], [], true), [entry('x509', id)]);
    }
    assert.equal(settable([entry('x509', 'alice')], [], true), null);
  });

  it('takes the subject of a certificate for an authenticated id', () => {
    const subject: AuthId = { scheme: 'x509', id: 'CN=alice,O=Example' };

    const acl = settable([entry('auth', '', 31)], [home, subject], true) as readonly Acl[];

    assert.deepEqual(acl, [entry('x509', subject.id)]);
    assert(isAllowed(acl, Permission.READ, [subject]));
    assert(!isAllowed(acl, Permission.READ, [{ scheme: 'x509', id: 'CN=bob,O=Example' }]));
  });

  it('drops duplicates', () => {
    const acl = [entry('world', 'anyone', 1), entry('digest', 'a:b'), entry('world', 'anyone', 1)];

    assert.deepEqual(settable(acl, []), acl.slice(0, 2));
  });

  it('replaces auth by the authenticated ids of the requester, not by its address', () => {
    const bob = { scheme: 'digest', id: 'bob:hash' };

    assert.deepEqual(settable([entry('auth', '', 3)], [home, alice, bob]), [
      entry('digest', 'alice:hash', 3),
      entry('digest', 'bob:hash', 3),
    ]);
    assert.equal(settable([entry('auth', '')], [home]), null);
  });
});

describe('ACL check', () => {
  const cases: readonly [string, readonly Acl[], number, readonly AuthId[], boolean][] = [
    ['open to everybody', openAcl, Permission.ADMIN, [], true],
    ['empty lets everybody in', [], Permission.DELETE, [], true],
    ['world with another permission', [entry('world', 'anyone', 1)], Permission.WRITE, [], false],
    ['one of several permissions', [entry('world', 'anyone', 16)], 1 | 16, [], true],
    ['the right digest', [entry('digest', 'alice:hash')], Permission.READ, [alice], true],
    ['another digest', [entry('digest', 'bob:hash')], Permission.READ, [alice], false],
    ['nobody authenticated', [entry('digest', 'alice:hash')], Permission.READ, [], false],
    ['an address in the network', [entry('ip', '10.0.0.0/8')], Permission.READ, [home], true],
    ['an address outside', [entry('ip', '10.2.0.0/16')], Permission.READ, [home], false],
    ['the address itself', [entry('ip', '10.1.2.3')], Permission.READ, [home], true],
    ['any address', [entry('ip', '99.0.0.0/0')], Permission.READ, [home], true],
    ['an address where there is none', [entry('ip', '10.1.2.3')], Permission.READ, [alice], false],
    ['super', [entry('digest', 'bob:hash')], Permission.ADMIN, [{ scheme: 'super', id: '' }], true],
  ];
  for (const [name, acl, permissions, ids, expected] of cases) {
    it(`${expected ? 'lets in' : 'keeps out'}: ${name}`, () => {
      assert.equal(isAllowed(acl, permissions, ids), expected);
    });
  }

  it('hides password hashes, and nothing else', () => {
    assert.deepEqual(maskedAcl([entry('digest', 'bob:hash'), entry('world', 'anyone')]), [
      entry('digest', 'bob:x'),
      entry('world', 'anyone'),
    ]);
  });
});

describe('ACL cache', () => {
  it('numbers lists in the order of first use and forgets those without use', () => {
    const cache = new AclCache();
    const first = cache.use([entry('world', 'anyone', 1)]);
    const second = cache.use(openAcl);
    assert.deepEqual([first, second, cache.use([entry('world', 'anyone', 1)])], [1, 2, 1]);

    cache.release(1);
    cache.release(2);

    assert.deepEqual(cache.entries(), [{ key: 1, acl: [entry('world', 'anyone', 1)] }]);
    assert.equal(cache.use(openAcl), 3);
  });

  it('knows the open list without having it', () => {
    assert.equal(new AclCache().get(openAclKey), openAcl);
  });

  it('lets nobody in by a number that a snapshot forgot, and never gives that number again', () => {
    const cache = new AclCache();
    cache.useKey(7);

    assert(!isAllowed(cache.get(7), 31, [alice]));
    assert.equal(cache.use(openAcl), 8);
  });
});

describe('ACL for the subject of a certificate', () => {
  const isTaken = (id: string): boolean => settableAcl([entry('x509', id)], [], { takesX509: true }) !== null;

  // As Apache ZooKeeper 3.8.0 answered for each of them.
  for (const id of [
    '',
    'CN=a',
    'CN=',
    'CN=a=b',
    '1.2.3=b',
    'CN="a,b"',
    'CN = a + OU=b ; O=c',
    String.raw`O=Ordeal\, tests \+ more,C=CH`,
  ]) {
    it(`takes ${JSON.stringify(id)}`, () => assert(isTaken(id)));
  }
  for (const id of ['no name', 'CN=a,', 'XX=a', '=a', 'CN=a\\', 'CN=a+b']) {
    it(`does not take ${JSON.stringify(id)}`, () => assert(!isTaken(id)));
  }

  it('exists only where there is TLS for clients', () => {
    const ids = [{ scheme: 'x509', id: 'CN=a' }];

    assert.equal(settableAcl([entry('x509', 'CN=a')], ids), null);
    assert.equal(settableAcl([entry('auth', '')], ids), null);
    assert.deepEqual(settableAcl([entry('auth', '')], ids, { takesX509: true }), [entry('x509', 'CN=a')]);
  });

  it('takes a long id that is none in no time', () => {
    const startedMs = performance.now();

    assert(!isTaken(`CN=${'a'.repeat(500_000)}"`));
    assert(!isTaken(`${'CN=a,'.repeat(100_000)}b`));
    assert(!isTaken(' '.repeat(500_000)));

    assert(performance.now() - startedMs < 2_000);
  });
});
