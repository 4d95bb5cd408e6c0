// A mutant: a copy of the bundled server with one planted defect. The copy keeps the folders of the
// repository, so that its imports resolve, and goes when the run ends.

import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { EnvironmentError } from '../ensemble/ensemble.ts';
import { packageRoot } from '../package-root.ts';
import { applyFilePatch, parseUnifiedDiff, PatchError } from './unified-diff.ts';

const mutantFolder = 'docker/zab/mutants';
/** All that a mutant may change, and all that the server consists of. */
const serverFolders = ['docker/zab/src', 'harness/wire'] as const;

export interface Mutant extends Disposable {
  readonly name: string;
  /** Holds `docker/zab/src` and `harness/wire`. */
  readonly root: string;
}

/** Names of the mutants that come with the package, sorted. */
export function listMutants(): string[] {
  const folder = join(packageRoot, mutantFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.patch'))
    .map((file) => basename(file, '.patch'))
    .sort();
}

/** The patch of a name, or the file itself; null when there is neither. */
export function findMutantPatch(nameOrFile: string): string | null {
  const own = join(packageRoot, mutantFolder, `${nameOrFile}.patch`);
  if (!/[\\/]/.test(nameOrFile) && existsSync(own)) return own;
  return nameOrFile.endsWith('.patch') && existsSync(nameOrFile) ? nameOrFile : null;
}

/** Throws PatchError when the patch does not fit the server of this package. */
export function makeMutant(patchFile: string): Mutant {
  const name = basename(patchFile, '.patch');
  const patches = parseUnifiedDiff(readFileSync(patchFile, 'utf8'), patchFile);
  const root = mkdtempSync(join(tmpdir(), `ordeal-mutant-${name}-`));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  try {
    copyServer(root);
    for (const patch of patches) {
      if (!serverFolders.some((folder) => patch.path.startsWith(`${folder}/`)) || patch.path.includes('..')) {
        throw new PatchError(
          `${patchFile}: changes ${patch.path}; a mutant may only change ${serverFolders.join(' and ')}`,
        );
      }
      const file = join(root, patch.path);
      const content = existsSync(file) ? readFileSync(file, 'utf8') : null;
      writeFileSync(file, applyFilePatch(patch, content, patchFile));
    }
  } catch (error) {
    remove();
    throw error;
  }
  return { name, root, [Symbol.dispose]: remove };
}

function copyServer(root: string): void {
  for (const folder of serverFolders) {
    const source = join(packageRoot, folder);
    if (!existsSync(source)) {
      throw new EnvironmentError(
        `a mutant is made from the server's TypeScript in ${folder}, which this installation lacks: use a checkout of Ordeal`,
      );
    }
    cpSync(source, join(root, folder), { recursive: true });
  }
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }\n');
}
