// Names of files in a data directory: `snapshot.<hex zxid>` and `log.<hex zxid of its first record>` in
// `version-2`, lower-case hex without padding. Other names are other people's files and are left alone.

import type { Disk } from './ports.ts';

export interface DataDirectories {
  /** `dataDir/version-2`: snapshots and epoch files. */
  readonly snapshots: string;
  /** `dataLogDir/version-2`: transaction logs. */
  readonly logs: string;
}

export interface NumberedFile {
  readonly path: string;
  readonly zxid: number;
}

export function dataDirectoriesOf(config: { dataDir: string; dataLogDir: string }): DataDirectories {
  return { snapshots: `${config.dataDir}/version-2`, logs: `${config.dataLogDir}/version-2` };
}

export function logPath(directories: DataDirectories, firstZxid: number): string {
  return `${directories.logs}/log.${firstZxid.toString(16)}`;
}

export function snapshotPath(directories: DataDirectories, zxid: number): string {
  return `${directories.snapshots}/snapshot.${zxid.toString(16)}`;
}

/** Snapshots may be compressed, and say so at the end of their name. */
function nameWithoutForm(name: string, prefix: 'log' | 'snapshot'): string {
  if (!name.startsWith(`${prefix}.`)) return '';
  const rest = name.slice(prefix.length + 1);
  return prefix === 'snapshot' ? rest.replace(/\.(gz|snappy)$/, '') : rest;
}

/** Files called `prefix.<hex>`, in ascending zxid order. */
export function listNumbered(disk: Disk, directory: string, prefix: 'log' | 'snapshot'): NumberedFile[] {
  const files: NumberedFile[] = [];
  for (const name of disk.list(directory)) {
    const hex = nameWithoutForm(name, prefix);
    // Beyond thirteen digits a zxid is no exact double, and no such epoch can be reached.
    if (!/^(0|[1-9a-f][0-9a-f]{0,12})$/.test(hex)) continue;
    files.push({ path: `${directory}/${name}`, zxid: Number.parseInt(hex, 16) });
  }
  return files.sort((a, b) => a.zxid - b.zxid);
}
