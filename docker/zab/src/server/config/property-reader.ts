// Looks keys of a zoo.cfg up, with typed getters that know the line. What was asked for is what this server
// knows: at the end every other key is named in a warning.

import { isSyntaxError, parseProperties, type Property } from '../properties.ts';
import { ConfigError } from './config-error.ts';
import { inapplicableKeys, inapplicablePrefixes } from './inapplicable-keys.ts';
import { nearestKey } from './nearest-key.ts';

export interface Range {
  readonly least: number;
  readonly most: number;
}

export const largestInt = 2 ** 31 - 1;
/** Java takes longs here; beyond this a number is no exact double and means nothing in practice. */
export const largestLong = Number.MAX_SAFE_INTEGER;

export class PropertyReader {
  readonly file: string;
  readonly #byKey = new Map<string, Property>();
  readonly #asked = new Set<string>();
  readonly #warnings: string[] = [];

  constructor(text: string, file: string) {
    this.file = file;
    const parsed = parseProperties(text);
    if (isSyntaxError(parsed)) {
      throw new ConfigError({ file, line: parsed.line }, parsed.message, 'Correct the line');
    }
    // As in Java, the last of several equal keys counts.
    for (const property of parsed) this.#byKey.set(property.key, property);
  }

  /** A key without a value counts as not given. */
  find(key: string): Property | undefined {
    this.#asked.add(key);
    const property = this.#byKey.get(key);
    return property === undefined || property.value === '' ? undefined : property;
  }

  has(key: string): boolean {
    return this.find(key) !== undefined;
  }

  text(key: string, byDefault: string): string {
    return this.find(key)?.value ?? byDefault;
  }

  optionalText(key: string): string | null {
    return this.find(key)?.value ?? null;
  }

  required(key: string, remedy: string): string {
    const property = this.find(key);
    if (property !== undefined) return property.value;
    throw this.error(this.#byKey.get(key), `${key} is missing`, remedy);
  }

  /** One of several words, in any case. */
  choice<Word extends string>(key: string, byDefault: Word, allowed: readonly Word[]): Word {
    const property = this.find(key);
    if (property === undefined) return byDefault;
    const value = property.value.toLowerCase();
    const found = allowed.find((word) => word === value);
    if (found !== undefined) return found;
    return this.reject(property, allowed.join(' or '), `Write ${key}=${byDefault} or remove the line`);
  }

  /** A key that Apache ZooKeeper reads strictly. */
  boolean(key: string, byDefault: boolean): boolean {
    return this.choice(key, byDefault ? 'true' : 'false', ['true', 'false']) === 'true';
  }

  /** A Java property: every text but `true` means false there, so a file that says `yes` must start here too. */
  flag(key: string, byDefault: boolean): boolean {
    const property = this.find(key);
    if (property === undefined) return byDefault;
    const value = property.value.toLowerCase();
    if (value !== 'true' && value !== 'false') {
      this.warn(property, `${key}: expected true or false, found ${quote(property.value)}; taken as false`);
    }
    return value === 'true';
  }

  /** A key that can only be what it is by default here; anything else is warned of, with the reason. */
  unserved(key: string, byDefault: string, why: string): void {
    const property = this.find(key);
    if (property === undefined || property.value.toLowerCase() === byDefault) return;
    this.warn(property, `${key}=${property.value.slice(0, 60)} has no effect here: ${why}`);
  }

  integer(key: string, byDefault: number, range: Range): number {
    return this.optionalInteger(key, range, byDefault) ?? byDefault;
  }

  optionalInteger(key: string, range: Range, example: number): number | null {
    const property = this.find(key);
    if (property === undefined) return null;
    const value = /^[+-]?\d{1,16}$/.test(property.value) ? Number(property.value) : NaN;
    if (value >= range.least && value <= range.most) return value;
    return this.reject(
      property,
      `a whole number from ${range.least} to ${range.most}`,
      `Write for example ${key}=${example}`,
    );
  }

  decimal(key: string, byDefault: number): number {
    const property = this.find(key);
    if (property === undefined) return byDefault;
    const value = /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(property.value) ? Number(property.value) : NaN;
    if (Number.isFinite(value)) return value;
    return this.reject(property, 'a decimal number', `Write for example ${key}=${byDefault}`);
  }

  /** `server.N` and the like: every key that starts with `prefix`, in file order. */
  startingWith(prefix: string): Property[] {
    const found = [...this.#byKey.values()].filter((property) => property.key.startsWith(prefix));
    for (const property of found) this.#asked.add(property.key);
    return found;
  }

  reject(property: Property, expected: string, remedy: string): never {
    throw this.error(
      property,
      `${property.key}: expected ${expected}, found ${quote(property.value)}`,
      remedy,
    );
  }

  error(property: Property | undefined, problem: string, remedy: string): ConfigError {
    return new ConfigError({ file: this.file, line: property?.line ?? null }, problem, remedy);
  }

  warn(property: Property, sentence: string): void {
    this.#warnings.push(`${this.file}:${property.line}: ${sentence}`);
  }

  /** Once everything was read: what was warned of, and the keys that nobody asked for. */
  warnings(): string[] {
    const unread = [...this.#byKey.values()].filter(({ key }) => !this.#asked.has(key));
    return [
      ...this.#warnings,
      ...unread.map((property) => `${this.file}:${property.line}: ${this.#whyUnread(property.key)}`),
    ];
  }

  #whyUnread(key: string): string {
    const reason =
      inapplicableKeys.get(key) ?? inapplicablePrefixes.find(([prefix]) => key.startsWith(prefix))?.[1];
    if (reason !== undefined) return `${key} has no effect here: ${reason}`;
    const near = nearestKey(key, [...this.#asked, ...inapplicableKeys.keys()]);
    const hint = near === null ? '' : `; did you mean ${near}?`;
    return `${key} is not known here and has no effect${hint}`;
  }
}

/** Values may be secrets or long; an error needs only enough to find the place. */
function quote(value: string): string {
  return JSON.stringify(value.slice(0, 60));
}
