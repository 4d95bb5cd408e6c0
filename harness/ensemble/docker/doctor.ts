// `ordeal doctor`: what this machine can do, each with what to do where it cannot. Every check that needs a
// container tries the real thing, in a container that is removed again.

import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, tmpdir } from 'node:os';
import type Docker from 'dockerode';
import { surveyLeftovers } from './clean.ts';
import { cutCommand } from './cuts.ts';
import { connectEngine, engineRemedy, execute, messageOf } from './engine.ts';
import { imageNames, imageState, nemesisImage } from './images.ts';
import { labelsOfRun, nameInRun } from './labels.ts';

export interface Diagnosis {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string;
}

/** The oldest engine interface that the harness was tried with: Docker Engine 20.10. */
const leastApiVersion = 1.41;
const leastFreeBytes = 3 * 1024 ** 3;
const bytesPerGib = 1024 ** 3;

export async function diagnose(): Promise<Diagnosis[]> {
  const machine = [checkNode(), checkCores(), checkMemory(), await checkDisk(), simulatedWorld];
  try {
    const docker = await connectEngine();
    return [
      ...machine,
      ...(await checkEngine(docker)),
      ...(await checkImages(docker)),
      ...(await checkFaults(docker)),
    ];
  } catch (error) {
    const engine = unavailable('docker engine', messageOf(error), engineRemedy);
    return [...machine, engine, unavailable('world docker', 'needs a Docker Engine', engineRemedy)];
  }
}

const simulatedWorld: Diagnosis = {
  name: 'world sim',
  ok: true,
  detail: 'kill, pause, partition, powerLoss, links, clock, disk, bitRot, wipe, traces, anchors, mutants',
};

function checkNode(): Diagnosis {
  const detail = `${process.version} (${process.execPath})`;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 22 || (major === 22 && minor >= 22);
  return ok ? { name: 'node', ok, detail } : unavailable('node', detail, 'use Node 22.22 or newer');
}

function checkCores(): Diagnosis {
  const cores = availableParallelism();
  return {
    name: 'cores',
    ok: true,
    detail: `${cores}${cores < 4 ? ' (five Apache servers will be slow)' : ''}`,
  };
}

function checkMemory(): Diagnosis {
  return { name: 'memory', ok: true, detail: `${(freemem() / bytesPerGib).toFixed(1)} GiB free` };
}

async function checkDisk(): Promise<Diagnosis> {
  const { bavail, bsize } = await statfs(tmpdir());
  const free = bavail * bsize;
  const detail = `${(free / bytesPerGib).toFixed(1)} GiB free in ${tmpdir()}`;
  if (free >= leastFreeBytes) return { name: 'disk', ok: true, detail };
  return unavailable('disk', detail, 'free at least 3 GiB: images and data directories need it');
}

async function checkEngine(docker: Docker): Promise<Diagnosis[]> {
  const { Version, ApiVersion } = await docker.version();
  const detail = `Docker Engine ${Version}, API ${ApiVersion}`;
  const engine =
    Number(ApiVersion) >= leastApiVersion
      ? { name: 'docker engine', ok: true, detail }
      : unavailable('docker engine', detail, 'install Docker Engine 20.10 or newer');
  return [engine, await checkLeftovers(docker)];
}

async function checkLeftovers(docker: Docker): Promise<Diagnosis> {
  const { gone, kept } = await surveyLeftovers(docker);
  const atWork = kept.map(({ runId, reason }) => `; ${runId}: ${reason}`).join('');
  if (gone === 0) return { name: 'leftovers', ok: true, detail: `none${atWork}` };
  return unavailable('leftovers', `${gone} things of runs whose harness is gone${atWork}`, 'ordeal clean');
}

function checkImages(docker: Docker): Promise<Diagnosis[]> {
  return Promise.all(
    imageNames.map(async (name) => {
      switch (await imageState(docker, name)) {
        case 'current':
          return { name: `image ${name}`, ok: true, detail: 'built' };
        case 'stale':
          return {
            name: `image ${name}`,
            ok: true,
            detail: 'of older sources; the next run builds it again',
          };
        case 'missing':
          return unavailable(`image ${name}`, 'not built', `ordeal images build ${name}`);
      }
    }),
  );
}

/** Tries iptables and pause on a network container as a run would make it. */
async function checkFaults(docker: Docker): Promise<Diagnosis[]> {
  const runId = `doctor-${process.pid}`;
  try {
    const container = await docker.createContainer({
      name: nameInRun(runId, 'trial'),
      Image: nemesisImage,
      Labels: { ...labelsOfRun(runId) },
      HostConfig: { CapAdd: ['NET_ADMIN'], NetworkMode: 'none' },
    });
    try {
      await container.start();
      const partition = await tryPartition(docker, container.id);
      const pause = await tryPause(container);
      const names = ['kill', ...(pause.ok ? ['pause'] : []), ...(partition.ok ? ['partition'] : [])];
      const world = { name: 'world docker', ok: true, detail: [...names, 'traces', 'mutants'].join(', ') };
      return [partition, pause, world];
    } finally {
      await container.remove({ force: true, v: true });
    }
  } catch (error) {
    return [unavailable('world docker', messageOf(error), 'ordeal images build')];
  }
}

async function tryPartition(docker: Docker, containerId: string): Promise<Diagnosis> {
  const name = 'fault partition (iptables in a container)';
  const { exitCode, stderr } = await execute(docker, containerId, cutCommand(['192.0.2.1']));
  if (exitCode === 0) return { name, ok: true, detail: 'a DROP rule was accepted' };
  return unavailable(name, stderr.trim(), 'load the kernel modules of iptables (ip_tables or nf_tables)');
}

async function tryPause(container: Docker.Container): Promise<Diagnosis> {
  const name = 'fault pause';
  try {
    await container.pause();
    const { State } = await container.inspect();
    await container.unpause();
    if (State.Paused) return { name, ok: true, detail: 'a container was paused and resumed' };
    return unavailable(
      name,
      'the engine paused a container, and it is not paused',
      'enable the freezer cgroup',
    );
  } catch (error) {
    return unavailable(name, messageOf(error), 'enable the freezer cgroup');
  }
}

function unavailable(name: string, detail: string, remedy: string): Diagnosis {
  return { name, ok: false, detail, remedy };
}
