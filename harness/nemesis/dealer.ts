// Draws without putting back: of a list of choices each comes up once before any comes up again. A run in
// Docker has time for a handful of faults, and they should be different ones.

import type { Random } from '../random/random.ts';

/** Choices are dealt by name; the same name must always come with the same choices. */
export type Deal = <T>(name: string, choices: readonly T[]) => T;

export function createDealer(random: Random): Deal {
  const decks = new Map<string, unknown[]>();
  return <T>(name: string, choices: readonly T[]): T => {
    const left = decks.get(name) ?? [];
    const deck = left.length > 0 ? left : random.shuffle(choices);
    decks.set(name, deck);
    return deck.pop() as T;
  };
}
