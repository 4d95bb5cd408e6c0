// The transaction logs in the folder of a run, as it collected them with the data directories of its members.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** By their paths in the folder; what is no log and no archive of a data directory is left out. */
export function collectedLogs(folder: string, mostBytes: number): ReadonlyMap<string, Buffer> {
  const data = join(folder, 'data');
  if (!existsSync(data)) return new Map();
  const files = readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^log\.[0-9a-f]+$|\.tar\.gz$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  if (bytes > mostBytes) return new Map();
  return new Map(files.map((file) => [relative(folder, file).split(sep).join('/'), readFileSync(file)]));
}
