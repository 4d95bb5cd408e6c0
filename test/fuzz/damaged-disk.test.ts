// Every file of a data directory damaged: the server starts with all that it had, starts without a torn tail, or
// says which file is damaged and ends. It never loses a record in silence.

import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { openAcl, type ClientRequest } from '../../harness/wire/records.ts';
import { MemoryDisk } from '../docker/zab/server/memory-disk.ts';
import { MemoryServer } from '../docker/zab/server/memory-server.ts';
import { MemoryWorld } from '../docker/zab/server/memory-world.ts';
import { fuzz, mutate } from './mutate.ts';

const lines = ['snapCount=20'];
const written = 60;

describe('a server and a damaged disk', function () {
  this.timeout(600_000);

  it('go together: all there is, or the name of the damaged file', () => {
    const { disk, contents } = makeDirectory();
    const files = [...disk.files.keys()].filter((path) => path.startsWith('/data/'));
    assert.ok(files.filter((path) => path.includes('/log.')).length > 1, files.join());
    assert.ok(files.filter((path) => path.includes('/snapshot.')).length > 1, files.join());
    const lastLog = files.filter((path) => path.includes('/log.')).at(-1);
    let refused = 0;
    let survived = 0;
    fuzz(250, (random) => {
      const path = random.pick(files);
      const damaged = copyOf(disk);
      const before = disk.files.get(path)?.bytes ?? Buffer.alloc(0);
      damaged.files.set(path, { bytes: mutate(before, random, [before]), syncedLength: 0 });
      const world = new MemoryWorld();
      const server = new MemoryServer(world, { lines, disk: damaged });
      world.run(50);
      if (server.exited !== null) {
        refused += 1;
        assert.match(server.exited.reason, /\/data\//, 'the file is named');
        return;
      }
      survived += 1;
      const kept = readAll(server);
      if (path === lastLog) {
        // Its tail may be torn; what is before the damage is there.
        assert.deepEqual(kept, contents.slice(0, kept.length), `after damage to ${path}`);
        return;
      }
      assert.deepEqual(kept, contents, `after damage to ${path}`);
    });
    assert.ok(refused > 20 && survived > 20, `${refused} refused, ${survived} survived`);
  });
});

function makeDirectory(): { disk: MemoryDisk; contents: string[] } {
  const world = new MemoryWorld();
  const server = new MemoryServer(world, { lines });
  world.run(20);
  const client = server.client();
  for (let index = 0; index < written; index += 1) {
    const reply = client.call(create(`/n${String(index).padStart(3, '0')}`, `value ${index}`), 30);
    assert.equal(reply.err, 0);
  }
  const contents = readAll(server);
  server.server.stop();
  return { disk: server.disk, contents };
}

function copyOf(disk: MemoryDisk): MemoryDisk {
  const copy = new MemoryDisk();
  for (const [path, { bytes, syncedLength }] of disk.files) {
    copy.files.set(path, { bytes: Buffer.from(bytes), syncedLength });
  }
  return copy;
}

function create(path: string, text: string): ClientRequest {
  return { type: 'create', path, data: Buffer.from(text), acl: openAcl, flags: 0 };
}

/** Paths with their data, in the order of their creation. */
function readAll(server: MemoryServer): string[] {
  const client = server.client();
  const list = client.call({ type: 'getChildren', path: '/', watch: false });
  assert(list.body.type === 'children');
  const names = list.body.children.filter((name) => name.startsWith('n')).sort();
  return names.map((name) => {
    const { body } = client.call({ type: 'getData', path: `/${name}`, watch: false }, 5);
    return `${name} ${body.type === 'data' ? body.data?.toString() : '?'}`;
  });
}
