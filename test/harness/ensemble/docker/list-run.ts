// Everything in the engine that carries a run's label.

import { connectEngine } from '../../../../harness/ensemble/docker/engine.ts';

export async function listRun(runId: string): Promise<string[]> {
  const docker = await connectEngine();
  const filters = { label: [`ordeal.run=${runId}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [
    ...containers.map(({ Names }) => `container ${Names.join()}`),
    ...networks.map(({ Name }) => `network ${Name}`),
    ...volumes.Volumes.map(({ Name }) => `volume ${Name}`),
  ];
}
