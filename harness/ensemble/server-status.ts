// What a server says of itself: the four-letter word `srvr` over its client port, as anybody could ask. Used
// where servers are real processes, in Docker and behind endpoints.

import { createConnection } from 'node:net';
import type { SocketAddress } from '../client/tcp-transport.ts';
import type { ServerStatus } from './ensemble.ts';

export interface SrvrAnswer {
  readonly mode: Extract<ServerStatus['mode'], 'leader' | 'follower' | 'observer' | 'standalone' | 'none'>;
  readonly zxid: number | null;
}

const modes = ['leader', 'follower', 'observer', 'standalone'] as const;

/** Null when nobody answers in time. */
export async function askStatus(address: SocketAddress, deadlineMs: number): Promise<SrvrAnswer | null> {
  const answer = await askFourLetterWord(address, 'srvr', deadlineMs);
  return answer === null || answer === '' ? null : parseSrvr(answer);
}

/** A server that answers without a mode, such as "is not currently serving requests", is alive and no more. */
export function parseSrvr(answer: string): SrvrAnswer {
  const mode = /^Mode: (\w+)/m.exec(answer)?.[1];
  const zxid = Number.parseInt(/^Zxid: 0x([0-9a-f]+)/m.exec(answer)?.[1] ?? '', 16);
  return {
    mode: modes.find((known) => known === mode) ?? 'none',
    // All f's stand for "none yet" and are beyond what a number carries exactly.
    zxid: Number.isSafeInteger(zxid) ? zxid : null,
  };
}

/** Null when the connection fails or the answer is not complete in time. */
function askFourLetterWord(
  { host, port }: SocketAddress,
  word: string,
  deadlineMs: number,
): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = createConnection({ host, port });
    const finish = (answer: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(null), deadlineMs);
    socket.on('connect', () => socket.write(word));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => finish(Buffer.concat(chunks).toString('latin1')));
    socket.on('error', () => finish(null));
    socket.on('close', () => finish(null));
  });
}
