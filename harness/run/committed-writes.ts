// The writes that an ensemble committed, from the transaction logs of its members. What a quorum has in its logs when
// all have recovered is committed; a record that fewer have may be a tail that nobody acknowledged. Logs begin where
// the last snapshots allow, so what is not in them tells nothing.

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { EnsembleFiles } from '../ensemble/ensemble.ts';
import type { CommittedWrite } from '../history/committed-write.ts';
import { decodeTxn } from '../wire/txn-codec.ts';
import type { Txn } from '../wire/txn.ts';
import { LogWalk } from './log-walk.ts';

/** Beyond this the logs are left alone: to read them would take longer than the run's own checks. */
export const mostLogBytes = 256 * 1024 * 1024;
const logName = /(?:^|\/)log\.[0-9a-f]+$/;

/** The logs of each member, as a world collected its data directories. */
export async function logsIn(files: EnsembleFiles['files']): Promise<ReadonlyMap<number, readonly Buffer[]>> {
  const logs = new Map<number, Buffer[]>();
  let bytes = 0;
  for (const [name, content] of files) {
    const sid = Number(/^data\/server-(\d+)[/.]/.exec(name)?.[1] ?? NaN);
    if (Number.isNaN(sid) || typeof content === 'string') continue;
    const found = name.endsWith('.tar.gz')
      ? await logsInArchive(content)
      : logName.test(name)
        ? [content]
        : [];
    bytes += found.reduce((sum, log) => sum + log.length, 0);
    if (bytes > mostLogBytes) return new Map();
    logs.set(sid, [...(logs.get(sid) ?? []), ...found]);
  }
  return logs;
}

async function logsInArchive(archive: Buffer): Promise<Buffer[]> {
  const logs: Buffer[] = [];
  // Only other worlds than the simulated one have archives.
  const { extract } = await import('tar-stream');
  const tar = extract();
  tar.on('entry', ({ name }, content, next) => {
    const chunks: Buffer[] = [];
    content.on('data', (chunk) => chunks.push(chunk as Buffer));
    content.on('end', () => {
      if (logName.test(name)) logs.push(Buffer.concat(chunks));
      next();
    });
  });
  await new Promise<void>((resolve, reject) => {
    tar.on('finish', () => resolve());
    tar.on('error', reject);
    Readable.from([archive]).pipe(createGunzip().on('error', reject)).pipe(tar);
  });
  return logs;
}

/** In the order of their zxids; of a znode that was created anew only what came of it since. */
export function committedWrites(
  logs: ReadonlyMap<number, readonly Buffer[]>,
  voters: readonly number[],
): CommittedWrite[] {
  const quorum = Math.floor(voters.length / 2) + 1;
  const walks = voters.map((sid) => new LogWalk(logs.get(sid) ?? []));
  const writes = new Writes();
  for (;;) {
    const zxid = lowestZxid(walks);
    if (zxid === Infinity) return writes.surviving();
    const whole = wholeAt(zxid, walks);
    const bytes = findCommon(whole, quorum);
    if (bytes !== null) {
      const { header, txn } = decodeTxn(bytes);
      writes.follow(txn, { zxid, mtime: header.time });
    }
    for (const walk of whole) walk.next();
  }
}

function lowestZxid(walks: readonly LogWalk[]): number {
  let zxid = Infinity;
  for (const walk of walks) if (walk.zxid < zxid) zxid = walk.zxid;
  return zxid;
}

/** The members that have a whole record there. Damage is the trace's matter; here it ends what a log tells. */
function wholeAt(zxid: number, walks: readonly LogWalk[]): LogWalk[] {
  const whole: LogWalk[] = [];
  for (const walk of walks) {
    if (walk.zxid !== zxid) continue;
    const first = whole[0];
    if ((first !== undefined && walk.equals(first)) || walk.isWhole()) whole.push(walk);
    else walk.skipLog();
  }
  return whole;
}

/** The record that so many of these members have alike; null: there is none. */
function findCommon(walks: readonly LogWalk[], least: number): Buffer | null {
  for (let first = 0; first + least <= walks.length; first++) {
    const walk = walks[first] as LogWalk;
    let count = 1;
    for (let other = first + 1; other < walks.length; other++) {
      if (walk.equals(walks[other] as LogWalk)) count++;
    }
    if (count >= least) return walk.read();
  }
  return null;
}

/** The writes of all znodes as they follow one another. */
class Writes {
  readonly #all: CommittedWrite[] = [];
  /** By path: where the writes of the znode that is there begin; that of none, beyond them all. */
  readonly #beginnings = new Map<string, number>();

  follow(txn: Txn, at: Pick<CommittedWrite, 'zxid' | 'mtime'>): void {
    switch (txn.type) {
      case 'create':
      case 'create2':
        this.#beginnings.set(txn.path, this.#all.length);
        this.#add(txn.path, 0, txn.data, at);
        break;
      case 'delete':
        this.#beginnings.set(txn.path, Infinity);
        break;
      case 'setData':
        if (this.#beginnings.get(txn.path) === Infinity) this.#beginnings.set(txn.path, this.#all.length);
        this.#add(txn.path, txn.version, txn.data, at);
        break;
      case 'multi':
        for (const each of txn.txns) this.follow(each, at);
        break;
      default:
    }
  }

  surviving(): CommittedWrite[] {
    return this.#all.filter(({ path }, place) => place >= (this.#beginnings.get(path) ?? 0));
  }

  #add(
    path: string,
    version: number,
    data: Buffer | null,
    { zxid, mtime }: Pick<CommittedWrite, 'zxid' | 'mtime'>,
  ): void {
    this.#all.push({ path, zxid, version, value: valueOf(data), mtime });
  }
}

function valueOf(data: Buffer | null): unknown {
  const text = data?.toString() ?? '';
  const number = Number(text);
  return Number.isSafeInteger(number) && String(number) === text ? number : text;
}
