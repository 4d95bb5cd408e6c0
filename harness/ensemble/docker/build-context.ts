// What an image is built from: the files of its context, their hash (so that an image is built again only
// when something changed) and the TAR that the engine takes.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { pack } from 'tar-stream';

export interface ContextFile {
  /** Path inside the context. */
  readonly name: string;
  readonly content: Buffer;
  readonly mode: number;
}

/** Sources of a checkout, or what `tsc` made of them in a published package. */
const moduleRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** Folder of package.json: the checkout, or the published package, whose modules lie in `dist`. */
export const packageRoot = existsSync(join(moduleRoot, 'package.json')) ? moduleRoot : join(moduleRoot, '..');

/** The server and the wire formats that it needs; in a published package they lie under `dist`. */
const serverFolders = ['docker/zab/src', 'harness/wire'];

/** Files directly in `docker/<image>`. */
export function imageFiles(image: string): ContextFile[] {
  const folder = join(packageRoot, 'docker', image);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readContextFile(join(folder, entry.name), entry.name))
    .sort(byName);
}

/**
 * Context of the bundled server. `root` holds `docker/zab/src` and `harness/wire`: the modules of this
 * package, or a patched copy of them.
 */
export function serverFiles(root: string = moduleRoot): ContextFile[] {
  const isBuilt = !existsSync(join(root, 'harness/wire/jute.ts'));
  const sources = serverFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && (isBuilt ? /\.js$/ : /\.ts$/).test(entry.name))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const name = path.slice(root.length).replace(/^[/\\]+/, '');
        return readContextFile(path, isBuilt ? `dist/${name}` : name);
      }),
  );
  const command = readContextFile(
    join(packageRoot, 'docker/zab/zab-server.js'),
    'docker/zab/zab-server.js',
    0o755,
  );
  const dockerfile = readContextFile(join(packageRoot, 'docker/zab/Dockerfile'), 'Dockerfile');
  const manifest = { name: 'package.json', content: Buffer.from('{ "type": "module" }\n'), mode: 0o644 };
  return [dockerfile, manifest, command, ...sources].sort(byName);
}

/** Equal for equal names, modes and contents. */
export function hashFiles(files: readonly ContextFile[]): string {
  const hash = createHash('sha256');
  for (const { name, mode, content } of files) {
    hash.update(`${name}\0${mode}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

export function packContext(files: readonly ContextFile[]): NodeJS.ReadableStream {
  const tar = pack();
  for (const { name, mode, content } of files) tar.entry({ name, mode }, content);
  tar.finalize();
  // The engine's client wants a stream of Node's own kind.
  return tar.pipe(new PassThrough());
}

export function readContextFile(path: string, name: string, mode = 0o644): ContextFile {
  return { name, content: readFileSync(path), mode };
}

function byName(a: ContextFile, b: ContextFile): number {
  return a.name < b.name ? -1 : 1;
}
