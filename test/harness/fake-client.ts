// A client for tests: an in-memory znode store that many fake clients share, with a say in how each request
// ends. What it does not have, a test must not need.

import { ClientError } from '../../harness/client/client.ts';
import type { Client, ClientState, Reply } from '../../harness/client/client.ts';
import type { Stat } from '../../harness/wire/records.ts';
import { ErrorCode } from '../../harness/wire/constants.ts';

export interface FakeZnode {
  data: Buffer;
  version: number;
}

/** Called before each request; throws to make it fail, waits to make it slow. */
export type Intercept = (name: string, path: string) => Promise<void> | void;

export class FakeStore {
  readonly znodes = new Map<string, FakeZnode>();
  zxid = 0x1_0000_0000;
}

export class FakeClient implements Client {
  state: ClientState = 'connected';
  sessionId = '0100000000000001';
  server: number | null = 1;
  lastZxidSeen = 0;
  dropCount = 0;
  readonly store: FakeStore;
  readonly #intercept: Intercept;

  constructor(store: FakeStore = new FakeStore(), intercept: Intercept = () => {}) {
    this.store = store;
    this.#intercept = intercept;
  }

  async create(path: string, data: Buffer): Promise<Reply & { path: string }> {
    await this.#intercept('create', path);
    if (this.store.znodes.has(path)) throw refused(ErrorCode.NODE_EXISTS, 'NODEEXISTS');
    this.store.znodes.set(path, { data, version: 0 });
    return { path, zxid: ++this.store.zxid };
  }

  async delete(path: string): Promise<Reply> {
    await this.#intercept('delete', path);
    this.#find(path);
    this.store.znodes.delete(path);
    return { zxid: ++this.store.zxid };
  }

  async getData(path: string): Promise<Reply & { data: Buffer; stat: Stat }> {
    await this.#intercept('getData', path);
    const { data, version } = this.#find(path);
    return { data, stat: statOf(version), zxid: this.store.zxid };
  }

  async setData(path: string, data: Buffer, version: number): Promise<Reply & { stat: Stat }> {
    await this.#intercept('setData', path);
    const znode = this.#find(path);
    if (version !== -1 && version !== znode.version) throw refused(ErrorCode.BAD_VERSION, 'BADVERSION');
    znode.data = data;
    znode.version++;
    return { stat: statOf(znode.version), zxid: ++this.store.zxid };
  }

  async getChildren(path: string): Promise<Reply & { children: string[]; stat: Stat }> {
    await this.#intercept('getChildren', path);
    const prefix = `${path}/`;
    const children = [...this.store.znodes.keys()]
      .filter((each) => each.startsWith(prefix))
      .map((each) => each.slice(prefix.length));
    return { children, stat: statOf(0), zxid: this.store.zxid };
  }

  async sync(path: string): Promise<Reply> {
    await this.#intercept('sync', path);
    return { zxid: this.store.zxid };
  }

  async syncAndGetData(path: string): Promise<Reply & { data: Buffer; stat: Stat }> {
    await this.sync(path);
    return this.getData(path);
  }

  exists(): never {
    throw new Error('the fake client does not know exists');
  }

  multi(): never {
    throw new Error('the fake client does not know multi');
  }

  onWatch(): void {}

  async close(): Promise<void> {
    this.state = 'closed';
  }

  drop(): void {
    this.dropCount++;
  }

  #find(path: string): FakeZnode {
    const znode = this.store.znodes.get(path);
    if (znode === undefined) throw refused(ErrorCode.NO_NODE, 'NONODE');
    return znode;
  }
}

export function refused(code: number, name: string): ClientError {
  return new ClientError(`refused: ${name}`, { kind: 'refused', definite: true, code, zxid: 7 });
}

export function inDoubt(): ClientError {
  return new ClientError('no reply within 100 ms', { kind: 'timeout', definite: false });
}

function statOf(version: number): Stat {
  return {
    czxid: 0,
    mzxid: 0,
    ctime: 0,
    mtime: 0,
    version,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: '0000000000000000',
    dataLength: 0,
    numChildren: 0,
    pzxid: 0,
  };
}
