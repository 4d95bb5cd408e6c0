// Reads the part of EDN that Jepsen's histories are written in: maps, vectors, lists, sets, strings, numbers,
// keywords, symbols, nil and booleans. A keyword becomes its name, a tag is dropped in favour of its value
// (`#jepsen.history.Op{…}` is the map), a map keeps its keys as texts.

import { HistoryError } from '../history-error.ts';

export type Edn = null | boolean | number | string | Keyword | readonly Edn[] | EdnMap;

/** `:timed-out`; apart from strings, so that a reader can tell a value from a marker. */
export interface Keyword {
  readonly keyword: string;
}

export interface EdnMap {
  readonly map: ReadonlyMap<string, Edn>;
}

/** A form and the line it begins on. */
export interface EdnForm {
  readonly form: Edn;
  readonly line: number;
}

export function isKeyword(form: Edn | undefined): form is Keyword {
  return typeof form === 'object' && form !== null && 'keyword' in form;
}

export function isEdnMap(form: Edn | undefined): form is EdnMap {
  return typeof form === 'object' && form !== null && 'map' in form;
}

/** All the forms of a text, those of one enclosing vector or list unwrapped. */
export function readForms(text: string, file: string): EdnForm[] {
  const reader = new EdnReader(text, file);
  const opening = reader.peekCollection();
  return opening === null ? reader.formsUntil(null) : reader.unwrapped(opening);
}

/** The value as JSON would hold it: keywords and symbols by name. */
export function toPlain(form: Edn): unknown {
  if (Array.isArray(form)) return form.map((item: Edn) => toPlain(item));
  if (isKeyword(form)) return form.keyword;
  if (isEdnMap(form)) {
    return Object.fromEntries([...form.map].map(([key, value]) => [key, toPlain(value)]));
  }
  return form;
}

/** Keywords and texts by what they say: a history does not hold both of one name in one map. */
function nameOfKey(key: Edn): string {
  if (isKeyword(key)) return key.keyword;
  return typeof key === 'string' ? key : JSON.stringify(toPlain(key));
}

const closings: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}' };
const token = /[^\s,;()[\]{}"]+/y;
const blank = /(?:[\s,]+|;[^\n]*)*/y;
const stringBody = /"((?:[^"\\]|\\[\s\S])*)"/y;

class EdnReader {
  readonly #text: string;
  readonly #file: string;
  #position = 0;
  #line = 1;
  #counted = 0;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  /** The closing bracket if the text begins with a vector or a list. */
  peekCollection(): string | null {
    this.#skipBlank();
    const opening = this.#text[this.#position];
    return opening === '[' || opening === '(' ? (closings[opening] ?? null) : null;
  }

  unwrapped(closing: string): EdnForm[] {
    this.#position++;
    const forms = this.formsUntil(closing);
    this.#skipBlank();
    if (this.#position < this.#text.length) this.#fail('expected the end of the history after its vector');
    return forms;
  }

  /** Reads up to the closing bracket, or to the end of the text for null. */
  formsUntil(closing: string | null): EdnForm[] {
    const forms: EdnForm[] = [];
    for (;;) {
      this.#skipBlank();
      const next = this.#text[this.#position];
      if (next === undefined) {
        if (closing === null) return forms;
        this.#fail(`expected ${closing}, found the end of the file`);
      }
      if (next === closing) {
        this.#position++;
        return forms;
      }
      const line = this.#lineNow();
      const form = this.#read();
      if (form !== undefined) forms.push({ form, line });
    }
  }

  /** One form; undefined for one that is discarded with `#_`. */
  #read(): Edn | undefined {
    this.#skipBlank();
    const next = this.#text[this.#position];
    if (next === '[' || next === '(') return this.#readItems(closings[next] as string);
    if (next === '{') return this.#readMap();
    if (next === '"') return this.#readString();
    if (next === '#') return this.#readDispatch();
    return this.#readToken();
  }

  #readItems(closing: string): Edn[] {
    this.#position++;
    return this.formsUntil(closing).map(({ form }) => form);
  }

  #readMap(): EdnMap {
    const items = this.#readItems('}');
    if (items.length % 2 === 1) this.#fail('expected a value for every key of the map');
    const map = new Map<string, Edn>();
    for (let index = 0; index < items.length; index += 2) {
      const key = items[index] as Edn;
      map.set(nameOfKey(key), items[index + 1] as Edn);
    }
    return { map };
  }

  #readDispatch(): Edn | undefined {
    this.#position++;
    if (this.#text[this.#position] === '{') return this.#readItems('}');
    if (this.#text[this.#position] === '_') {
      this.#position++;
      this.#read();
      return undefined;
    }
    this.#match(token);
    return this.#read();
  }

  #readString(): string {
    const body = this.#match(stringBody);
    if (body === null) this.#fail('expected a closing quotation mark');
    try {
      return JSON.parse(body.replaceAll('\n', String.raw`\n`).replaceAll('\t', String.raw`\t`)) as string;
    } catch {
      return this.#fail(`expected a string, found ${body.slice(0, 40)}`);
    }
  }

  #readToken(): Edn {
    const text = this.#match(token);
    if (text === null) return this.#fail(`expected a form, found ${this.#text[this.#position] ?? 'the end'}`);
    if (text.startsWith(':')) return { keyword: text.slice(1) };
    if (text === 'nil') return null;
    if (text === 'true' || text === 'false') return text === 'true';
    if (/^[+-]?\d/.test(text)) return this.#number(text);
    return text;
  }

  #number(text: string): number {
    const number = Number(text.replace(/[NM]$/, ''));
    return Number.isNaN(number) ? this.#fail(`expected a number, found ${text}`) : number;
  }

  #skipBlank(): void {
    this.#match(blank);
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#position = pattern.lastIndex;
    return found[0];
  }

  #lineNow(): number {
    for (; this.#counted < this.#position; this.#counted++) {
      if (this.#text.charCodeAt(this.#counted) === 10) this.#line++;
    }
    return this.#line;
  }

  #fail(message: string): never {
    throw new HistoryError(`${this.#file}:${this.#lineNow()}: ${message}`);
  }
}
