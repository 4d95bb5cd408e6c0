// One run of a client in a container of the ensemble's network, and what it printed.

import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connectEngine } from '../../../harness/ensemble/docker/engine.ts';
import { labelsOfRun, nameInRun } from '../../../harness/ensemble/docker/labels.ts';

export interface ClientRun {
  readonly runId: string;
  readonly command: readonly string[];
  /** For the command's standard input. */
  readonly input?: string;
}

export interface ClientOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const image = 'ordeal/clients:latest';

export async function runClient({ runId, command, input = '' }: ClientRun): Promise<ClientOutput> {
  const docker = await connectEngine();
  const container = await docker.createContainer({
    Image: image,
    Labels: { ...labelsOfRun(runId) },
    // The input comes as a variable: nothing has to be streamed.
    Cmd: ['sh', '-c', 'printf %s "$INPUT" | "$@"', 'sh', ...command],
    Env: [`INPUT=${input}`],
    HostConfig: { NetworkMode: nameInRun(runId, 'network') },
  });
  try {
    await container.start();
    const { StatusCode } = (await container.wait()) as { StatusCode: number };
    const [out, err] = [new PassThrough(), new PassThrough()];
    const logs = await container.logs({ stdout: true, stderr: true, follow: true });
    docker.modem.demuxStream(logs, out, err);
    logs.once('end', () => {
      out.end();
      err.end();
    });
    const [stdout, stderr] = await Promise.all([text(out), text(err)]);
    return { exitCode: StatusCode, stdout, stderr };
  } finally {
    await container.remove({ force: true });
  }
}
