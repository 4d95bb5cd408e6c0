// The images of this package: the bundled server, Apache ZooKeeper and the network container. `ordeal images
// build` makes them; a run makes the bundled server's again by itself when its sources changed, because it
// would otherwise judge yesterday's code.

import type Docker from 'dockerode';
import { EnvironmentError } from '../ensemble.ts';
import { provideBase } from './base-image.ts';
import type { BaseName } from './base-image.ts';
import { imageFiles, serverFiles } from './build-context.ts';
import type { ContextFile } from './build-context.ts';
import { connectEngine } from './engine.ts';
import { buildIfChanged, inspectImage, isMadeFrom } from './image-build.ts';
import type { Progress } from './image-build.ts';

interface BuiltImage {
  readonly name: string;
  readonly image: string;
  readonly digest: string;
  /** False when it was up to date. */
  readonly built: boolean;
}

interface OwnImage {
  readonly image: string;
  readonly base: BaseName;
  readonly files: () => ContextFile[];
  /** Built only when it is asked for by name. */
  readonly isForTests?: boolean;
}

const ownImages: Readonly<Record<string, OwnImage>> = {
  nemesis: { image: 'ordeal/nemesis:latest', base: 'debian', files: () => imageFiles('nemesis') },
  zab: { image: 'ordeal/zab:latest', base: 'node', files: () => serverFiles() },
  apache: { image: 'ordeal/apache:latest', base: 'debian', files: () => imageFiles('apache') },
  clients: {
    image: 'ordeal/clients:latest',
    base: 'debian',
    files: () => imageFiles('clients'),
    isForTests: true,
  },
};

/** All that can be built. */
export const knownImages: readonly string[] = Object.keys(ownImages);

/** Those that runs need. */
export const imageNames: readonly string[] = knownImages.filter(
  (name) => ownImages[name]?.isForTests !== true,
);

export const nemesisImage = 'ordeal/nemesis:latest';

/** The image of a system: one of ours by its short name, anything else is an image already. */
export function imageOfSystem(system: string): string {
  return system === 'zab' || system === 'apache' ? `ordeal/${system}:latest` : system;
}

/** Builds the images named, all by default, one after the other: they share their base. */
export async function buildImages(
  names: readonly string[] = imageNames,
  progress: Progress = () => {},
): Promise<BuiltImage[]> {
  const docker = await connectEngine();
  const results: BuiltImage[] = [];
  for (const name of names) {
    const own = ownImages[name];
    if (own === undefined) {
      throw new EnvironmentError(`there is no image ${name} to build, only ${knownImages.join(', ')}`);
    }
    const base = await provideBase(docker, own.base, progress);
    const built = await buildIfChanged(docker, { image: own.image, base, files: own.files() }, progress);
    const digest = (await inspectImage(docker, own.image))?.id ?? '';
    results.push({ name, image: own.image, digest, built });
  }
  return results;
}

/**
 * Builds an image of a patched bundled server. `root` holds `docker/zab/src` and `harness/wire` as the
 * package does. Returns the image's name, to be given as a system's image.
 */
export async function buildMutantImage(
  root: string,
  name: string,
  progress: Progress = () => {},
): Promise<string> {
  const docker = await connectEngine();
  const image = `ordeal/zab-mutant:${name.toLowerCase().replaceAll(/[^a-z0-9_.-]/g, '-')}`;
  const base = await provideBase(docker, 'node', progress);
  await buildIfChanged(docker, { image, base, files: serverFiles(root) }, progress);
  return image;
}

/** `stale`: made from other sources than these. */
export async function imageState(docker: Docker, name: string): Promise<'current' | 'stale' | 'missing'> {
  const own = ownImages[name];
  const isCurrent = own === undefined ? null : await isMadeFrom(docker, own.image, own.files());
  if (isCurrent === null) return 'missing';
  return isCurrent ? 'current' : 'stale';
}

/**
 * Throws EnvironmentError when an image is missing. Images of ours that were made from other sources than
 * these are built again first. Returns what each name stands for now (`sha256:…`): a run keeps to that, since
 * another checkout on the same engine may give the name to its own build at any moment.
 */
export async function requireImages(
  docker: Docker,
  images: readonly string[],
  progress: Progress,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const image of new Set(images)) {
    const name = knownImages.find((candidate) => ownImages[candidate]?.image === image);
    if (name !== undefined && (await imageState(docker, name)) === 'stale')
      await buildImages([name], progress);
    const found = await inspectImage(docker, image);
    if (found === null) {
      throw missing(image, name === undefined ? `docker pull ${image}` : 'ordeal images build');
    }
    ids.set(image, found.id);
  }
  return ids;
}

function missing(image: string, remedy: string): EnvironmentError {
  return new EnvironmentError(`the engine has no image ${image}; run: ${remedy}`);
}
