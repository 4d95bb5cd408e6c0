// What the command line may hold: numbers, durations, sizes, names. Each parser says what it expected and what
// it found; an unknown name gets the nearest known one. All of this is exit code 64.

import { closest, distance } from 'fastest-levenshtein';

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function parseInteger(
  text: string,
  { what, least, most }: { readonly what: string; readonly least: number; readonly most: number },
): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${what}: expected a whole number from ${least} to ${most}, found '${text}'`);
}

export function parseRate(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1_000_000) return value;
  throw new UsageError(`--rate: expected operations per second, above 0 and up to 1000000, found '${text}'`);
}

const durationUnitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export function parseDuration(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const milliseconds = Math.round(Number(match?.[1]) * (durationUnitsMs[match?.[2] ?? ''] ?? Number.NaN));
  if (milliseconds >= 1) return milliseconds;
  throw new UsageError(`${what}: expected a duration such as 500ms, 60s or 2m, found '${text}'`);
}

const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

export function parseSize(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB)$/.exec(text);
  const bytes = Math.round(Number(match?.[1]) * (sizeUnits[match?.[2] ?? ''] ?? Number.NaN));
  if (bytes >= 1) return bytes;
  throw new UsageError(`${what}: expected a size such as 512MiB or 2GiB, found '${text}'`);
}

/** `a,b,c`, each once. */
export function parseList(text: string, what: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    throw new UsageError(`${what}: expected names with a comma between them, found '${text}'`);
  }
  return [...new Set(names)];
}

/** Throws unless the name is one of those known. */
export function requireKnown(
  name: string,
  { kind, known }: { readonly kind: string; readonly known: readonly string[] },
): void {
  if (!known.includes(name)) throw unknownName(name, { kind, known });
}

/** More names than this bury the message. */
const mostListed = 24;

export function unknownName(
  name: string,
  { kind, known }: { readonly kind: string; readonly known: readonly string[] },
): UsageError {
  const list =
    known.length === 0
      ? 'there is none'
      : known.length > mostListed
        ? `there are ${known.length}, see 'ordeal list'`
        : `known: ${known.join(', ')}`;
  return new UsageError(`unknown ${kind} '${name}'${suggestion(name, known)}; ${list}`);
}

/** A far-fetched suggestion is worse than none. */
function suggestion(name: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const nearest = closest(name, known);
  const isNear = distance(name, nearest) <= Math.max(2, Math.ceil(nearest.length / 2));
  return isNear ? ` (did you mean ${nearest}?)` : '';
}
