// The znodes of a history that is made: each with as many of its last versions as a server may be behind.

export interface Made {
  readonly value: number;
  readonly version: number;
  readonly mzxid: number;
  readonly stat: readonly number[];
}

const firstZxid = 0x1_0000_0000;
const createdMs = 1_700_000_000_000;

export class RegisterState {
  readonly paths: readonly string[];
  #zxid: number;
  readonly #versions: Map<string, Made[]>;
  readonly #mostKept: number;

  constructor(count: number, mostKept: number) {
    this.#zxid = firstZxid;
    this.#mostKept = mostKept;
    this.paths = Array.from({ length: count }, (_, index) => `/register/${index}`);
    this.#versions = new Map(this.paths.map((path) => [path, [makeVersion(0, 0, { zxid: ++this.#zxid })]]));
  }

  /** Of the last transaction. */
  get zxid(): number {
    return this.#zxid;
  }

  write(path: string, value: number, nowNs: number): Made {
    const versions = this.#versionsOf(path);
    const { version, stat } = versions.at(-1) as Made;
    const mtimeMs = createdMs + Math.floor(nowNs / 1e6);
    const made = makeVersion(value, version + 1, { zxid: ++this.#zxid, czxid: stat[0], mtimeMs });
    versions.push(made);
    // What is older than any server is of no use; to drop many at once is to copy less.
    if (versions.length > 2 * this.#mostKept) versions.splice(0, versions.length - this.#mostKept);
    return made;
  }

  /** A transaction that changes none of the registers: its zxid. */
  refuse(): number {
    return ++this.#zxid;
  }

  /** The znode as of this zxid. */
  at(path: string, zxid: number): Made {
    const versions = this.#versionsOf(path);
    const made = versions.findLast(({ mzxid }) => mzxid <= zxid);
    if (made === undefined) throw new RangeError(`${path} is not known as of ${zxid} any more`);
    return made;
  }

  #versionsOf(path: string): Made[] {
    const versions = this.#versions.get(path);
    if (versions === undefined) throw new RangeError(`there is no ${path}`);
    return versions;
  }
}

function makeVersion(
  value: number,
  version: number,
  given: { readonly zxid: number; readonly czxid?: number | undefined; readonly mtimeMs?: number },
): Made {
  const { zxid, czxid = zxid, mtimeMs = createdMs } = given;
  const stat = [czxid, zxid, createdMs, mtimeMs, version, 0, 0, 0, String(value).length, 0, czxid];
  return { value, version, mzxid: zxid, stat };
}
