// Cuts as iptables rules. Each pod drops, in a chain of its own, what arrives from the servers it is cut
// from: a rule at the receiver cuts exactly one direction, and it holds for connections that exist already.

import type { Cut } from '../ensemble.ts';

const chain = 'ORDEAL';

/**
 * Input of `iptables-restore --noflush`, which replaces the whole chain in one step and leaves the rest of
 * the table as it is.
 */
export function renderCutRules(fromAddresses: readonly string[]): string {
  const drops = fromAddresses.map((address) => `-A ${chain} -s ${address}/32 -j DROP`);
  return ['*filter', `:${chain} - [0:0]`, ...drops, 'COMMIT', ''].join('\n');
}

/** Puts the rules in force: the chain first, then the jump into it where there is none yet. */
export function cutCommand(fromAddresses: readonly string[]): string[] {
  const script = [
    `printf '%s' "$1" | iptables-restore --wait 5 --noflush`,
    `{ iptables --wait 5 -C INPUT -j ${chain} 2>/dev/null || iptables --wait 5 -I INPUT -j ${chain}; }`,
  ].join(' && ');
  return ['sh', '-c', script, 'cut', renderCutRules(fromAddresses)];
}

/** Receiver, then the senders it must not hear, in ascending order. */
export function sendersByReceiver(cuts: readonly Cut[]): Map<number, number[]> {
  const senders = new Map<number, Set<number>>();
  for (const { from, to } of cuts) {
    const known = senders.get(to) ?? new Set();
    senders.set(to, known.add(from));
  }
  return new Map([...senders].map(([to, froms]) => [to, [...froms].sort((a, b) => a - b)]));
}
