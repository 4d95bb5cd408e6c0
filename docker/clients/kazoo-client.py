"""A session of kazoo: kazoo-client.py HOST:PORT,... Prints what every call and recipe came to, without times, ids
and zxids, so that two servers can be compared."""

import logging
import sys
import threading

from kazoo import exceptions
from kazoo.client import KazooClient
from kazoo.security import make_digest_acl

logging.basicConfig(level=logging.CRITICAL)


def show(stat):
    return (stat.version, stat.cversion, stat.aversion, stat.dataLength, stat.numChildren, stat.ephemeralOwner != 0)


def attempt(what, call):
    try:
        print(what, call())
    except exceptions.KazooException as error:
        print(what, type(error).__name__)


hosts = sys.argv[1]
client = KazooClient(hosts=hosts, timeout=10)
client.start(timeout=20)
print('version', client.server_version()[:2])
attempt('ensure', lambda: client.ensure_path('/k/a/b'))
attempt('create', lambda: client.create('/k/x', b'one'))
attempt('create again', lambda: client.create('/k/x', b'one'))
attempt('sequence', lambda: client.create('/k/s-', b'', sequence=True))
attempt('ephemeral', lambda: client.create('/k/e', b'', ephemeral=True))
attempt('create with stat', lambda: show(client.create('/k/y', b'two', include_data=True)[1]))
attempt('get', lambda: (lambda pair: (pair[0], show(pair[1])))(client.get('/k/x')))
attempt('get nothing', lambda: client.get('/k/none'))
attempt('set', lambda: show(client.set('/k/x', b'three', version=0)))
attempt('set old version', lambda: client.set('/k/x', b'four', version=0))
attempt('exists', lambda: show(client.exists('/k/x')))
attempt('exists nothing', lambda: client.exists('/k/none'))
attempt('children', lambda: sorted(client.get_children('/k')))
attempt('delete parent', lambda: client.delete('/k'))
attempt('sync', lambda: client.sync('/k'))

seen = []
arrived = threading.Event()


def watch(event):
    seen.append((event.type, event.state, event.path))
    arrived.set()


client.get('/k/x', watch=watch)
client.set('/k/x', b'five')
arrived.wait(10)
print('watched', seen)

values = []
enough = threading.Event()


@client.DataWatch('/k/x')
def changed(data, stat):
    values.append(data)
    if len(values) >= 4:
        enough.set()


for number in range(3):
    before = len(values)
    client.set('/k/x', b'%d' % number)
    while len(values) <= before:
        threading.Event().wait(0.01)
enough.wait(10)
print('data watch', values)

transaction = client.transaction()
transaction.create('/k/t', b't')
transaction.check('/k/x', 5)
transaction.set_data('/k/t', b'u')
transaction.delete('/k/y')
attempt('transaction', lambda: [str(getattr(each, 'version', each)) for each in transaction.commit()])
failing = client.transaction()
failing.create('/k/z', b'')
failing.check('/k/x', 99)
failing.delete('/k/x')
attempt('failing transaction', lambda: [type(each).__name__ for each in failing.commit()])
attempt('nothing of it', lambda: client.exists('/k/z'))

client.add_auth('digest', 'alice:secret')
attempt('for alice', lambda: client.create('/k/alice', b'a', acl=[make_digest_acl('alice', 'secret', all=True)]))
attempt('acl', lambda: [(each.perms, each.id.scheme, each.id.id) for each in client.get_acls('/k/alice')[0]])
other = KazooClient(hosts=hosts, timeout=10)
other.start(timeout=20)
attempt('read by another', lambda: other.get('/k/alice'))
attempt('get ephemeral of another', lambda: show(other.exists('/k/e')))

lock = client.Lock('/k/lock', 'one')
rival = other.Lock('/k/lock', 'two')
acquired = (lock.acquire(timeout=10), rival.acquire(blocking=False))
# The rival's znode is gone again for its own session; this one's server may still be behind, as reads may be.
client.sync('/k')
print('lock', *acquired, sorted(lock.contenders()))
lock.release()
print('rival', rival.acquire(timeout=10))
rival.release()
counter = client.Counter('/k/counter')
counter += 2
counter -= 1
print('counter', counter.value)
queue = client.Queue('/k/queue')
queue.put(b'first')
queue.put(b'second')
print('queue', queue.get(), queue.get(), queue.get())
barrier = client.Barrier('/k/barrier')
barrier.create()
print('barrier', barrier.wait(timeout=0.1), barrier.remove(), barrier.wait(timeout=10))
election = client.Election('/k/election', 'me')
election.run(lambda: print('elected', election.contenders()))
party = client.ShallowParty('/k/party', 'guest')
party.join()
print('party', list(party))
party.leave()
semaphore = client.Semaphore('/k/semaphore', max_leases=1)
print('semaphore', semaphore.acquire(timeout=10), other.Semaphore('/k/semaphore', max_leases=1).acquire(blocking=False))
semaphore.release()

client.stop()
other.sync('/k')
attempt('ephemeral is gone', lambda: other.exists('/k/e'))
attempt('delete all', lambda: other.delete('/k', recursive=True))
other.add_auth('digest', 'alice:secret')
attempt('delete all as alice', lambda: other.delete('/k', recursive=True))
other.stop()
