// The writes that an ensemble committed, from the transaction logs of its members. What a quorum has in its logs when
// all have recovered is committed; a record that fewer have may be a tail that nobody acknowledged. Logs begin where
// the last snapshots allow, so what is not in them tells nothing.

import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { EnsembleFiles } from '../ensemble/ensemble.ts';
import type { CommittedWrite } from '../history/committed-write.ts';
import { JuteError } from '../wire/jute.ts';
import { decodeTxn } from '../wire/txn-codec.ts';
import { scanLog } from '../wire/txn-log-codec.ts';
import type { Txn } from '../wire/txn.ts';

/** Beyond this the logs are left alone: to read them would take longer than the run's own checks. */
export const mostLogBytes = 256 * 1024 * 1024;
const logName = /(?:^|\/)log\.[0-9a-f]+$/;
/** Of a transaction: client id and cxid stand before the zxid. */
const zxidOffset = 12;

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
  const held = new Map<number, Held[]>();
  for (const sid of voters) {
    for (const [zxid, bytes] of recordsIn(logs.get(sid) ?? [])) {
      const known = held.get(zxid);
      const same = known?.find((each) => each.bytes.equals(bytes));
      if (same !== undefined) same.count++;
      else if (known === undefined) held.set(zxid, [{ bytes, count: 1 }]);
      else known.push({ bytes, count: 1 });
    }
  }
  const committed = [...held].flatMap(([zxid, all]) => {
    const found = all.find(({ count }) => count >= quorum);
    return found === undefined ? [] : [{ zxid, bytes: found.bytes }];
  });
  const byPath = new Map<string, CommittedWrite[]>();
  for (const { zxid, bytes } of committed.sort((one, other) => one.zxid - other.zxid)) {
    const { header, txn } = decodeTxn(bytes);
    follow(byPath, txn, { zxid, mtime: header.time });
  }
  return [...byPath.values()].flat().sort((one, other) => one.zxid - other.zxid);
}

/** A record, and how many members have it. */
interface Held {
  readonly bytes: Buffer;
  count: number;
}

/** By zxid; a member has each once. */
function recordsIn(logs: readonly Buffer[]): Map<number, Buffer> {
  const records = new Map<number, Buffer>();
  for (const log of logs) {
    try {
      for (const { bytes } of scanLog(log).records) records.set(zxidOf(bytes), bytes);
    } catch (error) {
      // Damaged logs are the trace's matter; here they tell nothing.
      if (!(error instanceof JuteError)) throw error;
    }
  }
  return records;
}

function zxidOf(bytes: Buffer): number {
  return bytes.readUInt32BE(zxidOffset) * 2 ** 32 + bytes.readUInt32BE(zxidOffset + 4);
}

function follow(
  byPath: Map<string, CommittedWrite[]>,
  txn: Txn,
  at: Pick<CommittedWrite, 'zxid' | 'mtime'>,
): void {
  switch (txn.type) {
    case 'create':
    case 'create2':
      byPath.set(txn.path, [{ path: txn.path, version: 0, value: valueOf(txn.data), ...at }]);
      break;
    case 'delete':
      byPath.delete(txn.path);
      break;
    case 'setData': {
      const write = { path: txn.path, version: txn.version, value: valueOf(txn.data), ...at };
      const known = byPath.get(txn.path);
      if (known === undefined) byPath.set(txn.path, [write]);
      else known.push(write);
      break;
    }
    case 'multi':
      for (const each of txn.txns) follow(byPath, each, at);
      break;
    default:
  }
}

function valueOf(data: Buffer | null): unknown {
  const text = data?.toString() ?? '';
  const number = Number(text);
  return Number.isSafeInteger(number) && String(number) === text ? number : text;
}
