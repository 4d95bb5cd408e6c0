// Texts that come again and again, each kept as one string: the paths and session ids of a message are those
// of the messages before. To find a text by its bytes is cheaper than to make it, and who looks it up in a Map
// finds its hash computed. The tables do not grow: a newer text takes the place of an older one.

import { noSession, type SessionId } from './session-id.ts';

/** A power of two. */
const slotCount = 1024;
/** Longer texts are rarely said twice. */
export const longestKnownText = 64;

const texts: string[] = Array.from({ length: slotCount }, () => '');

/** The text whose UTF-8 these bytes are. */
export function textOf(bytes: Buffer, from: number, to: number): string {
  const length = to - from;
  if (length > longestKnownText) return bytes.utf8Slice(from, to);
  let sum = length;
  let bits = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    bits |= byte;
    sum = Math.imul(sum ^ byte, 0x01000193);
  }
  // Only of ASCII is every byte a character.
  if (bits > 0x7f) return bytes.utf8Slice(from, to);
  const slot = slotOf(sum);
  const known = texts[slot] as string;
  if (known.length === length && isWrittenAt(known, bytes, from)) return known;
  const text = bytes.latin1Slice(from, to);
  texts[slot] = text;
  return text;
}

function isWrittenAt(text: string, bytes: Buffer, from: number): boolean {
  for (let index = 0; index < text.length; index++)
    if (text.charCodeAt(index) !== bytes[from + index]) return false;
  return true;
}

// Zeros are no session, so the tables are right from the start.
const sessionIds: SessionId[] = Array.from({ length: slotCount }, () => noSession);
const highWords = new Int32Array(slotCount);
const lowWords = new Int32Array(slotCount);

/** The session id whose upper and lower half these words are. */
export function sessionIdOf(high: number, low: number): SessionId {
  const slot = slotOf(Math.imul(high, 0x01000193) ^ low);
  if (highWords[slot] === high && lowWords[slot] === low) return sessionIds[slot] as SessionId;
  const sessionId = hexOf(high) + hexOf(low);
  sessionIds[slot] = sessionId;
  highWords[slot] = high;
  lowWords[slot] = low;
  return sessionId;
}

function hexOf(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

function slotOf(sum: number): number {
  return (sum ^ (sum >>> 12) ^ (sum >>> 22)) & (slotCount - 1);
}
