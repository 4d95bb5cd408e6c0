// Shows whether packets pass from one pod to another, in that direction only. A datagram needs no answer, so
// a cut of the way back does not look like a cut of the way there.

import { randomUUID } from 'node:crypto';
import { EnvironmentError } from '../ensemble.ts';
import type { ExecResult } from './engine.ts';
import { withDeadline } from './engine.ts';
import type { Pod } from './pod.ts';

const datagramCount = 10;
/** How long a token may still be on its way after the last datagram was sent. */
const graceMs = 300;
/** Longer than the sender can take to come up on a busy machine: the listener must outlast it. */
const listenMs = 8000;
const listenerDeadlineMs = 10_000;

export async function packetsPass(from: Pod, to: Pod): Promise<boolean> {
  const token = randomUUID();
  const listener = listen(to, token);
  const port = await withDeadline(listener.port, listenerDeadlineMs, `the probe in pod ${to.sid} to listen`);
  const sender = await from.executeInNetwork([
    'ordeal-probe',
    'send',
    to.address,
    port,
    token,
    String(datagramCount),
  ]);
  requireSuccess(sender, `send in pod ${from.sid}`);
  return Promise.race([
    listener.received,
    new Promise<false>((resolve) => setTimeout(resolve, graceMs, false)),
  ]);
}

/** A listener that hears nothing ends by itself; nobody has to wait for it. */
function listen(to: Pod, token: string): { port: Promise<string>; received: Promise<boolean> } {
  let hearPort = (_port: string): void => {};
  const heardPort = new Promise<string>((resolve) => {
    hearPort = resolve;
  });
  const ended = to.executeInNetwork(['ordeal-probe', 'listen', token, String(listenMs)], (stdout) => {
    const port = /^listening (\d+)\n/.exec(stdout)?.[1];
    if (port !== undefined) hearPort(port);
  });
  const failedEarly = ended.then((result): string => {
    requireSuccess(result, `listen in pod ${to.sid}`);
    throw new EnvironmentError(`ordeal-probe in pod ${to.sid} ended before it listened: ${result.stdout}`);
  });
  const received = ended.then(({ stdout }) => stdout.includes('received'));
  // Removing the pod cuts a listener that nobody waits for any more; that is no failure then.
  failedEarly.catch(() => {});
  received.catch(() => {});
  return { port: Promise.race([heardPort, failedEarly]), received };
}

function requireSuccess({ exitCode, stderr }: ExecResult, what: string): void {
  if (exitCode !== 0) {
    throw new EnvironmentError(`ordeal-probe ${what} ended with exit code ${exitCode}: ${stderr.trim()}`);
  }
}
