// What a server really holds: its memory after a full collection, which both runtimes can be told to make from
// outside, with nothing changed in the server. Resident memory alone would compare how far each runtime lets
// garbage grow.

import type { Pod } from '../ensemble/docker/pod.ts';

/** Bytes; null where the server's runtime is neither Java nor Node. */
export async function liveBytes(pod: Pod): Promise<number | null> {
  return (await liveJavaBytes(pod)) ?? (await liveNodeBytes(pod));
}

/** Debian's runtime brings the module of jcmd, if not the command. */
const jcmd = ['java', '-m', 'jdk.jcmd/sun.tools.jcmd.JCmd', '1'];

async function liveJavaBytes(pod: Pod): Promise<number | null> {
  const collected = await pod.execute([...jcmd, 'GC.run']);
  if (collected.exitCode !== 0) return null;
  const { stdout } = await pod.execute([...jcmd, 'GC.heap_info']);
  const used = /used (\d+)K/.exec(stdout)?.[1];
  return used === undefined ? null : Number(used) * 1024;
}

/** Asks Node's inspector, which SIGUSR1 starts on the container's loopback address. */
const nodeScript = `
const timer = setTimeout(() => process.exit(1), 20_000);
process.kill(1, 'SIGUSR1');
for (let attempt = 0; attempt < 50; attempt++) {
  const answer = await fetch('http://127.0.0.1:9229/json').then((it) => it.json(), () => null);
  if (answer === null) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    continue;
  }
  const socket = new WebSocket(answer[0].webSocketDebuggerUrl);
  let id = 0;
  const call = (method, params) => new Promise((resolve) => {
    const own = ++id;
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(data);
      if (message.id === own) resolve(message.result);
    });
    socket.send(JSON.stringify({ id: own, method, params }));
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  await call('HeapProfiler.collectGarbage');
  await call('HeapProfiler.collectGarbage');
  const { result } = await call('Runtime.evaluate', { expression: 'JSON.stringify(process.memoryUsage())' });
  process.stdout.write(result.value);
  clearTimeout(timer);
  process.exit(0);
}
`;

async function liveNodeBytes(pod: Pod): Promise<number | null> {
  const { exitCode, stdout } = await pod.execute(['node', '--input-type=module', '-e', nodeScript]);
  if (exitCode !== 0) return null;
  const { heapUsed, external } = JSON.parse(stdout) as { heapUsed: number; external: number };
  return heapUsed + external;
}
