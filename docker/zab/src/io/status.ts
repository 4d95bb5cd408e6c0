// Asks a running server for its mode, with the four-letter word srvr on its client port.

import { connect } from 'node:net';
import { clientAddressOf, type ZooConfig } from '../server/config.ts';

export type StatusAnswer = { readonly mode: string } | { readonly problem: string };

/** As zkServer.sh prints it; empty without a client port. */
export function describePort(config: ZooConfig): string {
  const address = clientAddressOf(config);
  if (address === null) return '';
  const host = address.host === '0.0.0.0' || address.host === '::' ? 'localhost' : address.host;
  return `Client port found: ${address.port}. Client address: ${host}. Client SSL: false.\n`;
}

const patienceMs = 5_000;

export async function askMode(config: ZooConfig): Promise<StatusAnswer> {
  const address = clientAddressOf(config);
  if (address === null) {
    return {
      problem: `${config.file} gives no client port, so the server cannot be asked. Add clientPort=2181`,
    };
  }
  const host = address.host === '0.0.0.0' ? '127.0.0.1' : address.host === '::' ? '::1' : address.host;
  const where = `${host}:${address.port}`;
  let text: string;
  try {
    text = await ask(host, address.port, 'srvr');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { problem: `nothing answers on ${where} (${reason}). The server is probably not running` };
  }
  const mode = /^Mode: (.+)$/m.exec(text)?.[1];
  if (mode !== undefined) return { mode };
  if (text.includes('not currently serving requests')) {
    return {
      problem: `the server on ${where} runs but serves no clients: it has no quorum of its ensemble. Check the other servers of ${config.file} and the connections to them`,
    };
  }
  if (text.includes('not in the whitelist')) {
    return {
      problem: `the server on ${where} does not answer srvr. Add it to 4lw.commands.whitelist in ${config.file}`,
    };
  }
  return { problem: `the answer from ${where} names no mode: ${JSON.stringify(text.slice(0, 200))}` };
}

function ask(host: string, port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host, port }, () => socket.write(word));
    socket.setTimeout(patienceMs, () => {
      socket.destroy(new Error(`no answer within ${patienceMs} ms`));
    });
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}
