// What the command and its worker threads say to each other. Everything is plain data.

import type { KeyVerdict } from '../../checkers/linearizability/check-history.ts';
import type { CheckBudget, Evidence, Verdict } from '../../checkers/verdict.ts';
import type { HistoryFormat } from '../history/formats/read-history.ts';
import type { JudgedGuarantees } from './judge-guarantees.ts';

/** A file and how to judge it. */
export interface FileTask {
  readonly file: string;
  /** Null: by its looks. */
  readonly format: HistoryFormat | null;
  /** Name or file of a model; null: every guarantee for a history of ours, the usual model for others. */
  readonly model: string | null;
  readonly budget: CheckBudget;
  /** False: all keys as one object, which only a comparison of checkers wants. */
  readonly isDivided: boolean;
  /** Memory for the history itself, beside that of the search. */
  readonly historyMebibytes?: number;
}

/** Several threads may share a file: each takes the next key that nobody has. */
export interface SharedTask extends FileTask {
  /** Two numbers: the next key, and how many threads there are. */
  readonly share: SharedArrayBuffer;
  /** Of each key, by index: how many operations have an order so far. Grows with what is written. */
  readonly ordered: SharedArrayBuffer;
}

/** The keys of which progress can be seen from outside. */
export const mostKeysShown = 1 << 16;

export interface Findings {
  readonly verdict: Verdict;
  readonly operations: number;
  readonly evidence: readonly Evidence[];
  readonly reason?: string;
  /** Of a history of ours. */
  readonly guarantees?: JudgedGuarantees['guarantees'];
}

export type CheckMessage =
  | {
      readonly type: 'begun';
      readonly format: HistoryFormat;
      readonly model: string;
      /** Null: it is judged as a whole. */
      readonly subjects: readonly string[] | null;
    }
  | { readonly type: 'key'; readonly index: number; readonly verdict: KeyVerdict }
  | { readonly type: 'judged'; readonly findings: Findings }
  /** The file is no history, or not one of this model. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'crashed'; readonly message: string }
  | { readonly type: 'done' };
