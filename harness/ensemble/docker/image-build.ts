// Building one image through the engine, and knowing when that is not needed: the image carries the hash of
// what it was made from.

import type Docker from 'dockerode';
import { EnvironmentError } from '../ensemble.ts';
import { hashFiles, packContext } from './build-context.ts';
import type { ContextFile } from './build-context.ts';
import { messageOf, statusCodeOf } from './engine.ts';

export type Progress = (line: string) => void;

export interface ImageRecipe {
  readonly image: string;
  readonly base: string;
  readonly files: readonly ContextFile[];
}

const contentLabel = 'ordeal.content';
const baseLabel = 'ordeal.base';

/** How many of the build's last lines a failure shows. */
const shownLineCount = 15;

interface BuildEvent {
  readonly stream?: string;
  readonly error?: string;
}

/** True when it was built, false when the image there is was made from the same. */
export async function buildIfChanged(
  docker: Docker,
  recipe: ImageRecipe,
  progress: Progress,
): Promise<boolean> {
  const { image, base, files } = recipe;
  const baseId = (await docker.getImage(base).inspect()).Id;
  const content = hashFiles(files);
  const existing = await inspectImage(docker, image);
  if (existing?.labels[contentLabel] === content && existing.labels[baseLabel] === baseId) {
    progress(`${image} is up to date`);
    return false;
  }
  progress(`building ${image} on ${base}`);
  const labels = { [contentLabel]: content, [baseLabel]: baseId };
  const options = { t: image, buildargs: { BASE: base }, labels, forcerm: true };
  try {
    await followBuild(docker, await docker.buildImage(packContext(files), options), progress);
  } catch (error) {
    throw new EnvironmentError(`image ${image} did not build: ${messageOf(error)}`, { cause: error });
  }
  if (existing !== null) await removeReplaced(docker, existing.id);
  return true;
}

/** Whether an image was made from these files; null when there is none of that name. */
export async function isMadeFrom(
  docker: Docker,
  image: string,
  files: readonly ContextFile[],
): Promise<boolean | null> {
  const existing = await inspectImage(docker, image);
  return existing === null ? null : existing.labels[contentLabel] === hashFiles(files);
}

export async function inspectImage(
  docker: Docker,
  image: string,
): Promise<{ id: string; labels: Readonly<Record<string, string>> } | null> {
  try {
    const { Id, Config } = await docker.getImage(image).inspect();
    return { id: Id, labels: Config.Labels ?? {} };
  } catch (error) {
    if (statusCodeOf(error) === 404) return null;
    throw error;
  }
}

/** Reads the engine's progress to its end; an error in it is the build's failure. */
export function followBuild(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  progress: Progress,
): Promise<void> {
  const lines: string[] = [];
  let failure: string | undefined;
  return new Promise((resolve, reject) => {
    const onProgress = (event: BuildEvent): void => {
      failure ??= event.error;
      for (const line of (event.stream ?? '').split('\n').filter((text) => text.trim() !== '')) {
        lines.push(line);
        if (/^Step \d/.test(line)) progress(line);
      }
    };
    const onFinished = (error: Error | null): void => {
      failure ??= error?.message;
      if (failure === undefined) return resolve();
      return reject(new Error([failure, ...lines.slice(-shownLineCount)].join('\n')));
    };
    docker.modem.followProgress(stream, onFinished, onProgress);
  });
}

/** The image that lost its name to a newer build; others may still be based on it. */
async function removeReplaced(docker: Docker, id: string): Promise<void> {
  try {
    const { RepoTags } = await docker.getImage(id).inspect();
    if (RepoTags.length === 0) await docker.getImage(id).remove();
  } catch (error) {
    const code = statusCodeOf(error);
    if (code !== 404 && code !== 409) throw error;
  }
}
