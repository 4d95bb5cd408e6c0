// The base images. Where a container registry is reachable they are the official Debian and Node images;
// where none is, Debian comes from its packages (debootstrap, with this machine's mirrors) and Node is the
// binary that runs this program.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { EnvironmentError } from '../ensemble.ts';
import { parseDeb822, parseSourcesList, renderSourcesList, sourcesOfRelease } from './apt-sources.ts';
import type { AptSource } from './apt-sources.ts';
import { readContextFile } from './build-context.ts';
import { messageOf, withDeadline } from './engine.ts';
import { buildIfChanged, followBuild, inspectImage } from './image-build.ts';
import type { Progress } from './image-build.ts';

const release = 'bookworm';
const officialDebian = 'debian:bookworm-slim';
const officialNode = 'node:24-bookworm-slim';
const ownDebian = `ordeal/base:${release}`;
const ownNode = `ordeal/node:${release}`;

/** A registry that is reachable has sent a small image by then; one that is not must not hold up the build. */
const pullDeadlineMs = 120_000;

export type BaseName = 'debian' | 'node';

/** Name of an image to build upon, which exists when this returns. */
export async function provideBase(docker: Docker, base: BaseName, progress: Progress): Promise<string> {
  const official = base === 'debian' ? officialDebian : officialNode;
  // Once made from packages, the base stays that: mixing both kinds would build everything twice.
  if (!(await hasImage(docker, ownDebian))) {
    if ((await hasImage(docker, official)) || (await pull(docker, official, progress))) return official;
    await makeDebian(docker, progress);
  }
  if (base === 'debian') return ownDebian;
  await makeNode(docker, progress);
  return ownNode;
}

async function hasImage(docker: Docker, image: string): Promise<boolean> {
  return (await inspectImage(docker, image)) !== null;
}

async function pull(docker: Docker, image: string, progress: Progress): Promise<boolean> {
  try {
    const stream = await withDeadline(docker.pull(image), pullDeadlineMs, 'the registry to answer');
    await withDeadline(
      followBuild(docker, stream, () => {}),
      pullDeadlineMs,
      `${image} to be pulled`,
    );
    return true;
  } catch (error) {
    progress(`${image} cannot be pulled (${messageOf(error)}); making the base from Debian packages`);
    return false;
  }
}

async function makeDebian(docker: Docker, progress: Progress): Promise<void> {
  const sources = sourcesOfRelease(readAptSources(), release);
  const mirror = sources.find(({ suite }) => suite === release);
  if (mirror === undefined) {
    throw new EnvironmentError(
      `no container registry is reachable, and apt on this machine knows no mirror of Debian ${release} to make a base image from: add one to /etc/apt/sources.list.d`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'ordeal-base-'));
  try {
    progress(`debootstrap of Debian ${release}`);
    const root = join(folder, 'root');
    await runTool('debootstrap', [
      '--variant=minbase',
      '--include=ca-certificates',
      release,
      root,
      mirror.uri,
    ]);
    await writeFile(join(root, 'etc/apt/sources.list'), renderSourcesList(sources));
    // Proxies and the like: what this machine needs to reach its mirrors, the image needs too.
    await writeFile(
      join(root, 'etc/apt/apt.conf.d/90ordeal'),
      await runTool('apt-config', ['dump', 'Acquire']),
    );
    await rm(join(root, 'var/cache/apt/archives'), { recursive: true, force: true });
    await rm(join(root, 'var/lib/apt/lists'), { recursive: true, force: true });
    progress(`importing ${ownDebian}`);
    await importFolder(docker, root);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function importFolder(docker: Docker, root: string): Promise<void> {
  const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    tar.on('error', reject);
    tar.on('close', resolve);
  });
  const [repo, tag] = ownDebian.split(':');
  const options = { repo, tag, changes: 'ENV DEBIAN_FRONTEND=noninteractive' };
  await followBuild(docker, await docker.importImage(tar.stdout, options), () => {});
  const code = await ended;
  if (code !== 0) throw new EnvironmentError(`tar of the base image ended with exit code ${code}`);
}

async function makeNode(docker: Docker, progress: Progress): Promise<void> {
  const dockerfile = 'ARG BASE\nFROM ${BASE}\nCOPY node /usr/local/bin/node\nRUN node --version\n';
  const files = [
    { name: 'Dockerfile', content: Buffer.from(dockerfile), mode: 0o644 },
    readContextFile(process.execPath, 'node', 0o755),
  ];
  await buildIfChanged(docker, { image: ownNode, base: ownDebian, files }, progress);
}

function readAptSources(): AptSource[] {
  const folder = '/etc/apt/sources.list.d';
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  const lists = [
    '/etc/apt/sources.list',
    ...names.filter((name) => name.endsWith('.list')).map((name) => join(folder, name)),
  ];
  const deb822 = names.filter((name) => name.endsWith('.sources')).map((name) => join(folder, name));
  return [
    ...lists
      .filter((path) => existsSync(path))
      .flatMap((path) => parseSourcesList(readFileSync(path, 'utf8'))),
    ...deb822.flatMap((path) => parseDeb822(readFileSync(path, 'utf8'))),
  ];
}

/** Standard output of a tool; when it fails, its last words. */
function runTool(command: string, parameters: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let tail = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      tail = (tail + chunk.toString()).slice(-2000);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-2000);
    });
    child.on('error', (error) => {
      const remedy = `apt-get install ${command === 'debootstrap' ? 'debootstrap' : 'apt'}`;
      reject(new EnvironmentError(`${command} cannot be started (${error.message}): ${remedy}`));
    });
    child.on('close', (code) => {
      if (code === 0) return resolve(stdout);
      const hint = process.getuid?.() === 0 ? '' : ' (it needs root)';
      return reject(new EnvironmentError(`${command} ended with exit code ${code}${hint}:\n${tail.trim()}`));
    });
  });
}
