// A session of the npm package node-zookeeper-client: one line for every answer and every event, without times,
// ids and zxids.

import { createRequire } from 'node:module';

/** As much of the package as is used here; it has no types of its own. */
interface NodeClient {
  once(event: 'connected', listener: () => void): void;
  connect(): void;
  close(): void;
  create(path: string, ...rest: readonly unknown[]): void;
  getData(path: string, ...rest: readonly unknown[]): void;
  setData(path: string, ...rest: readonly unknown[]): void;
  exists(path: string, ...rest: readonly unknown[]): void;
  getChildren(path: string, ...rest: readonly unknown[]): void;
  getACL(path: string, ...rest: readonly unknown[]): void;
  setACL(path: string, ...rest: readonly unknown[]): void;
  remove(path: string, ...rest: readonly unknown[]): void;
  removeRecursive(path: string, ...rest: readonly unknown[]): void;
  mkdirp(path: string, ...rest: readonly unknown[]): void;
  addAuthInfo(scheme: string, auth: Buffer): void;
  transaction(): Transaction;
}

interface Transaction {
  create(path: string, data?: Buffer): Transaction;
  setData(path: string, data: Buffer, version?: number): Transaction;
  check(path: string, version?: number): Transaction;
  remove(path: string, version?: number): Transaction;
  commit(done: (error: Failure | null, results: unknown) => void): void;
}

interface Failure {
  readonly name: string;
}

interface StatOfClient {
  readonly version: number;
  readonly cversion: number;
  readonly dataLength: number;
  readonly numChildren: number;
}

interface NodePackage {
  createClient(hosts: string, options: { readonly sessionTimeout: number }): NodeClient;
  readonly CreateMode: Readonly<Record<string, number>>;
  readonly ACL: Readonly<Record<string, unknown>>;
}

const load = createRequire(import.meta.url);
type Method = Exclude<keyof NodeClient, 'once' | 'connect' | 'close' | 'addAuthInfo' | 'transaction'>;

export async function playNodeClient(hosts: string): Promise<string[]> {
  const zookeeper = load('node-zookeeper-client') as NodePackage;
  const { CreateMode } = zookeeper;
  const client = zookeeper.createClient(hosts, { sessionTimeout: 10_000 });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error('node-zookeeper-client did not connect within 10 s')),
      10_000,
    );
    client.once('connected', () => {
      clearTimeout(timer);
      resolve();
    });
    client.connect();
  });
  const call = async (method: Method, path: string, ...rest: readonly unknown[]): Promise<void> => {
    const line = await new Promise<string>((resolve) => {
      client[method](path, ...rest, (error: Failure | null, ...results: readonly unknown[]) =>
        resolve(
          `${method} ${path}: ${error === null ? results.map(show).join(' ') : `failed with ${codeOf(error)}`}`,
        ),
      );
    });
    lines.push(line);
  };
  const watched = (): { readonly seen: Promise<void>; readonly watcher: (event: object) => void } => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return {
      seen: promise,
      watcher: (event) => {
        lines.push(`event ${JSON.stringify(event)}`);
        resolve();
      },
    };
  };
  try {
    await call('create', '/n', Buffer.from('one'));
    await call('create', '/n', Buffer.from('one'));
    await call('create', '/none/child');
    await call('mkdirp', '/n/a/b/c');
    await call('create', '/n/s-', CreateMode['PERSISTENT_SEQUENTIAL']);
    await call('create', '/n/e', Buffer.from('here'), CreateMode['EPHEMERAL']);
    await call('create', '/n/e/x');
    await call('getData', '/n');
    await call('getData', '/none');
    await call('setData', '/n', Buffer.from('two'), 0);
    await call('setData', '/n', Buffer.from('three'), 0);
    await call('exists', '/n/e');
    await call('exists', '/none');
    await call('getChildren', '/n');
    await call('remove', '/n');
    const data = watched();
    await call('getData', '/n', data.watcher);
    await call('setData', '/n', Buffer.from('four'), -1);
    await data.seen;
    const created = watched();
    await call('exists', '/n/later', created.watcher);
    await call('create', '/n/later');
    await created.seen;
    const children = watched();
    await call('getChildren', '/n', children.watcher);
    await call('remove', '/n/later', -1);
    await children.seen;
    client.addAuthInfo('digest', Buffer.from('alice:secret'));
    await call('create', '/n/alice', Buffer.from('a'), zookeeper.ACL['CREATOR_ALL_ACL']);
    await call('getACL', '/n/alice');
    await call('setACL', '/n/alice', zookeeper.ACL['READ_ACL_UNSAFE'], -1);
    await call('setData', '/n/alice', Buffer.from('b'), -1);
    lines.push(
      await commit(
        client
          .transaction()
          .create('/n/t', Buffer.from('t'))
          .setData('/n', Buffer.from('u'), -1)
          .check('/n/t', 0)
          .remove('/n/e', -1),
      ),
    );
    lines.push(await commit(client.transaction().create('/n/u').check('/n', 99).remove('/n/t', -1)));
    await call('exists', '/n/u');
    await call('removeRecursive', '/n');
    await call('exists', '/n');
  } finally {
    client.close();
  }
  return lines;
}

function commit(transaction: Transaction): Promise<string> {
  return new Promise((resolve) => {
    transaction.commit((error, results) =>
      resolve(
        `transaction: ${error === null ? JSON.stringify(results, withoutTimes) : `failed with ${codeOf(error)}`}`,
      ),
    );
  });
}

function codeOf(error: Failure): string {
  return error.name;
}

function show(result: unknown): string {
  if (Buffer.isBuffer(result)) return `"${result.toString()}"`;
  if (Array.isArray(result))
    return result
      .map((each) => JSON.stringify(each))
      .sort()
      .join(' ');
  if (typeof result === 'object' && result !== null && 'cversion' in result) {
    const { version, cversion, dataLength, numChildren } = result as StatOfClient;
    return `version ${version} cversion ${cversion} length ${dataLength} children ${numChildren}`;
  }
  return JSON.stringify(result);
}

/** Longs come as buffers here. */
function withoutTimes(key: string, value: unknown): unknown {
  return ['czxid', 'mzxid', 'pzxid', 'ctime', 'mtime', 'ephemeralOwner', 'specification'].includes(key)
    ? undefined
    : value;
}
