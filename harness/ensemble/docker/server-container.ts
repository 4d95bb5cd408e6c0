// The server container of a pod, brought up by testcontainers: it joins the pod's network container and gets
// its volume and its configuration. In a module of its own because testcontainers takes half a second to
// load, which `createDockerEnsemble` lets pass while the engine is busy with the network containers.

import { GenericContainer } from 'testcontainers';
import type { WaitStrategy } from 'testcontainers';
import type { Labels } from './labels.ts';
import { configFile, dataDirectory, myidFile } from './zoo-config.ts';

export interface ServerContainerPlan {
  readonly name: string;
  readonly labels: Labels;
  readonly imageId: string;
  readonly sid: number;
  readonly networkContainerId: string;
  readonly volume: string;
  readonly zooConfig: string;
  readonly environment: Readonly<Record<string, string>>;
  /** More files for the container: path, then content. */
  readonly files: Readonly<Record<string, string>>;
}

/** Id of the container, which runs; whether the server in it serves is the run's question, with its deadline. */
export async function startServerContainer(plan: ServerContainerPlan): Promise<string> {
  const container = new GenericContainer(plainId(plan.imageId))
    .withName(plan.name)
    .withLabels({ ...plan.labels })
    // Removal goes by our own labels: testcontainers' reaper is one more image to have, and a pod's
    // containers must outlive their process's death until the next start has looked at them.
    .withAutoCleanup(false)
    .withNetworkMode(`container:${plan.networkContainerId}`)
    .withBindMounts([{ source: plan.volume, target: dataDirectory, mode: 'rw' }])
    .withEnvironment({ ...plan.environment })
    .withCopyContentToContainer([
      { content: plan.zooConfig, target: configFile },
      { content: `${plan.sid}\n`, target: myidFile },
      ...Object.entries(plan.files).map(([target, content]) => ({ target, content })),
    ])
    .withWaitStrategy(startedIsEnough);
  return (await container.start()).getId();
}

/** testcontainers would take the `sha256` of an id for a repository. */
function plainId(imageId: string): string {
  return imageId.replace(/^sha256:/, '');
}

const startedIsEnough: WaitStrategy = {
  waitUntilReady: () => Promise.resolve(),
  withStartupTimeout: () => startedIsEnough,
  isStartupTimeoutSet: () => false,
  getStartupTimeout: () => 0,
};
