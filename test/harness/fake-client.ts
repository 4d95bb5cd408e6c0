// A client for tests: an in-memory znode store that many fake clients share, with a say in how each request
// ends. What it does not have, a test must not need.

import { ClientError } from '../../harness/client/client.ts';
import type {
  Arrival,
  Client,
  ClientState,
  CreateOptions,
  ReadOperation,
  ReadResult,
  Reply,
  SubOperation,
} from '../../harness/client/client.ts';
import type { Stat } from '../../harness/wire/records.ts';
import { ErrorCode } from '../../harness/wire/constants.ts';

export interface FakeZnode {
  data: Buffer;
  version: number;
  mzxid?: number;
}

/** Called before each request; throws to make it fail, waits to make it slow. */
export type Intercept = (name: string, path: string) => Promise<void> | void;

export class FakeStore {
  readonly znodes = new Map<string, FakeZnode>();
  zxid = 0x1_0000_0000;
  /** Numbers of sequential creates, by parent. */
  readonly sequences = new Map<string, number>();
}

export class FakeClient implements Client {
  state: ClientState = 'connected';
  sessionId = '0100000000000001';
  server: number | null = 1;
  sessionTimeoutMs = 1000;
  lastZxidSeen = 0;
  dropCount = 0;
  readonly store: FakeStore;
  readonly #intercept: Intercept;

  constructor(store: FakeStore = new FakeStore(), intercept: Intercept = () => {}) {
    this.store = store;
    this.#intercept = intercept;
  }

  async create(
    asked: string,
    data: Buffer,
    { sequential = false }: CreateOptions = {},
  ): Promise<Reply & { path: string }> {
    await this.#intercept('create', asked);
    const path = sequential ? `${asked}${this.#takeNumber(asked)}` : asked;
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
    return { children: this.#childrenOf(path), stat: statOf(0), zxid: this.store.zxid };
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

  async multi(
    operations: readonly SubOperation[],
  ): Promise<Reply & { results: readonly (Stat | string | null)[] }> {
    await this.#intercept('multi', operations[0]?.path ?? '');
    const before = structuredClone([...this.store.znodes]);
    try {
      const zxid = ++this.store.zxid;
      return { zxid, results: operations.map((operation) => this.#performPart(operation, zxid)) };
    } catch (error) {
      this.store.znodes.clear();
      for (const [path, { data, version }] of before) {
        this.store.znodes.set(path, { data: Buffer.from(data), version });
      }
      throw error;
    }
  }

  async multiRead(operations: readonly ReadOperation[]): Promise<Reply & { results: readonly ReadResult[] }> {
    await this.#intercept('multiRead', operations[0]?.path ?? '');
    const results = operations.map(({ type, path }): ReadResult => {
      const znode = this.store.znodes.get(path);
      if (znode === undefined) return { type: 'error', code: ErrorCode.NO_NODE };
      if (type === 'getChildren') return { type: 'children', children: this.#childrenOf(path) };
      return { type: 'data', data: znode.data, stat: statOf(znode.version, znode.mzxid) };
    });
    return { zxid: this.store.zxid, results };
  }

  async addWatch(path: string): Promise<Reply> {
    await this.#intercept('addWatch', path);
    return { zxid: this.store.zxid };
  }

  getAcl(): never {
    throw new Error('the fake client does not know getAcl');
  }

  setAcl(): never {
    throw new Error('the fake client does not know setAcl');
  }

  ask(): never {
    throw new Error('the fake client does not know ask');
  }

  addAuth(): void {}

  onWatch(): void {}

  onArrival(_listener: (arrival: Arrival) => void): void {}

  async close(): Promise<Reply | null> {
    this.state = 'closed';
    return { zxid: ++this.store.zxid };
  }

  setSilent(): void {}

  abandon(): void {}

  drop(): void {
    this.dropCount++;
  }

  #childrenOf(path: string): string[] {
    const prefix = `${path}/`;
    return [...this.store.znodes.keys()]
      .filter((each) => each.startsWith(prefix))
      .map((each) => each.slice(prefix.length));
  }

  #takeNumber(path: string): string {
    const parent = path.slice(0, path.lastIndexOf('/'));
    const number = this.store.sequences.get(parent) ?? 0;
    this.store.sequences.set(parent, number + 1);
    return String(number).padStart(10, '0');
  }

  #performPart(operation: SubOperation, zxid: number): Stat | string | null {
    const { type, path, data = Buffer.alloc(0), version = -1 } = operation;
    if (type === 'create') {
      if (this.store.znodes.has(path)) throw refused(ErrorCode.NODE_EXISTS, 'NODEEXISTS');
      this.store.znodes.set(path, { data, version: 0 });
      return path;
    }
    const znode = this.#find(path);
    if (version !== -1 && version !== znode.version) throw refused(ErrorCode.BAD_VERSION, 'BADVERSION');
    if (type === 'delete') this.store.znodes.delete(path);
    if (type !== 'setData') return null;
    znode.data = data;
    znode.version++;
    znode.mzxid = zxid;
    return statOf(znode.version, zxid);
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

function statOf(version: number, mzxid = 0): Stat {
  return {
    czxid: 0,
    mzxid,
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
