// JSON with the line breaks of Apache ZooKeeper's AdminServer, for scripts that read it line by line: objects
// over several lines, arrays on one, blanks around the colon.

import { Decimal } from './decimal.ts';

/** Bigint: a Java long that a double cannot carry, such as a session id. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Decimal
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export function jsonText(value: JsonValue, indent = ''): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'bigint' || value instanceof Decimal) return value.toString();
  if (typeof value === 'string') return JSON.stringify(value);
  if (isArray(value)) {
    return value.length === 0 ? '[ ]' : `[ ${value.map((item) => jsonText(item, indent)).join(', ')} ]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return '{ }';
  const inner = `${indent}  `;
  const lines = entries.map(([key, item]) => `${inner}${JSON.stringify(key)} : ${jsonText(item, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
