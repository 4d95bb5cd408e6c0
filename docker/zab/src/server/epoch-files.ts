// acceptedEpoch and currentEpoch: two files with one decimal number each. They are replaced by writing a
// temporary file, syncing it, renaming it and syncing the directory; a promise that a crash could undo would
// let one epoch have two leaders.

import { epochOf, formatZxid } from '../../../../harness/wire/zxid.ts';
import type { Disk, DiskOperation } from './ports.ts';
import { StorageError } from './storage-error.ts';

export type EpochName = 'acceptedEpoch' | 'currentEpoch';

export interface Epochs {
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  /** Files that must be written before the server takes part in anything. */
  readonly repairs: readonly EpochName[];
}

export interface LoadedHistory {
  readonly lastZxid: number;
  /** Of the snapshot that was loaded; null when there was none. */
  readonly snapshotZxid: number | null;
}

/**
 * Reads both files and checks them against the history. Missing files belong to a server that never took part
 * in an ensemble: they get the epoch of its last zxid.
 */
export function loadEpochs(disk: Disk, directory: string, history: LoadedHistory): Epochs {
  const { lastZxid, snapshotZxid } = history;
  const epochOfHistory = epochOf(lastZxid);
  const storedAccepted = readEpoch(disk, directory, 'acceptedEpoch');
  const storedCurrent = readEpoch(disk, directory, 'currentEpoch');
  const acceptedEpoch = storedAccepted ?? epochOfHistory;
  let currentEpoch = storedCurrent ?? epochOfHistory;
  const repairs: EpochName[] = [];
  if (storedAccepted === null) repairs.push('acceptedEpoch');
  if (storedCurrent === null) repairs.push('currentEpoch');

  const installed = readInstalledEpoch(disk, directory, snapshotZxid);
  if (installed !== null && installed > currentEpoch) {
    currentEpoch = installed;
    repairs.push('currentEpoch');
  }
  if (epochOfHistory > currentEpoch) {
    if (epochOfHistory > acceptedEpoch) {
      throw new StorageError(
        `${directory}/currentEpoch`,
        `it says epoch ${currentEpoch}, acceptedEpoch says ${acceptedEpoch}, but the history reaches ${formatZxid(lastZxid)} of epoch ${epochOfHistory}`,
        'The epoch files were lost or come from another server: restore them, or empty the data directory (keep myid) and let this server synchronise again',
      );
    }
    // A crash between the last step of a synchronisation and the epoch file. A leader proposes in its epoch
    // only after its whole initial history, and learners log in order, so a transaction of that epoch on disk
    // proves that the initial history is there too: exactly what currentEpoch states.
    currentEpoch = epochOfHistory;
    repairs.push('currentEpoch');
  }
  if (acceptedEpoch < currentEpoch) {
    throw new StorageError(
      `${directory}/acceptedEpoch`,
      `it says epoch ${acceptedEpoch}, below the ${currentEpoch} of currentEpoch, so a promise was forgotten`,
      'Restore both files together, or empty the data directory (keep myid) and let this server synchronise again',
    );
  }
  return { acceptedEpoch, currentEpoch, repairs };
}

/** Durable when the batch is done, and only after everything before it in the batch. */
export function writeEpoch(directory: string, name: EpochName, epoch: number): DiskOperation[] {
  const path = `${directory}/${name}`;
  return [
    { type: 'write', path: `${path}.tmp`, bytes: Buffer.from(String(epoch)) },
    { type: 'sync', path: `${path}.tmp` },
    { type: 'rename', from: `${path}.tmp`, to: path },
    { type: 'syncDirectory', path: directory },
  ];
}

/**
 * A snapshot that replaces the history comes with an epoch, and both must be found together after a crash.
 * So the epoch is first stored under the snapshot's zxid: it counts only where that snapshot was loaded.
 */
export function prepareInstalledEpoch(
  directory: string,
  state: { zxid: number; currentEpoch: number },
): DiskOperation[] {
  const path = installedEpochPath(directory, state.zxid);
  return [
    { type: 'write', path, bytes: Buffer.from(String(state.currentEpoch)) },
    { type: 'sync', path },
    { type: 'syncDirectory', path: directory },
  ];
}

/** Once the snapshot has its name. */
export function completeInstalledEpoch(directory: string, zxid: number): DiskOperation[] {
  return [
    { type: 'rename', from: installedEpochPath(directory, zxid), to: `${directory}/currentEpoch` },
    { type: 'syncDirectory', path: directory },
  ];
}

function installedEpochPath(directory: string, zxid: number): string {
  return `${directory}/currentEpoch.${zxid.toString(16)}`;
}

function readInstalledEpoch(disk: Disk, directory: string, snapshotZxid: number | null): number | null {
  if (snapshotZxid === null) return null;
  const bytes = disk.read(installedEpochPath(directory, snapshotZxid));
  return bytes === null ? null : parseEpoch(bytes);
}

function readEpoch(disk: Disk, directory: string, name: EpochName): number | null {
  const path = `${directory}/${name}`;
  const bytes = disk.read(path);
  if (bytes === null) return null;
  const epoch = parseEpoch(bytes);
  if (epoch !== null) return epoch;
  throw new StorageError(
    path,
    `expected an epoch in decimal, found ${JSON.stringify(bytes.toString('latin1', 0, 40))}`,
    'Restore the file, or empty the data directory (keep myid) and let this server synchronise again',
  );
}

function parseEpoch(bytes: Buffer): number | null {
  const text = bytes.toString('latin1').trim();
  return /^\d{1,7}$/.test(text) ? Number(text) : null;
}
