// A snapshot of one moment, in slices that are encoded when they are asked for: a file with its seals, or the
// stream behind a SNAP packet. Encoding a million znodes takes seconds; a slice takes about a millisecond, and
// between two of them the server does its work.

import { adler32 } from '../../../../harness/wire/checksums.ts';
import { JuteWriter } from '../../../../harness/wire/jute.ts';
import {
  snapshotSignature,
  writeSnapshotEnd,
  writeSnapshotHeader,
  writeSnapshotNode,
  writeSnapshotOpening,
  writeSnapshotSeals,
  type SnapshotBody,
  type SnapshotDigest,
} from '../../../../harness/wire/snapshot-codec.ts';
import type { ByteSource } from '../core/events.ts';
import { snapshotNodeOf, type DataTree } from './data-tree.ts';
import type { TreeCut } from './tree-cut.ts';

/** A slice is handed out when it has grown to this; one large znode makes it larger. */
const sliceBytes = 128 * 1024;
/** So that the last znode of an ordinary slice does not make it grow. */
const sliceRoomBytes = sliceBytes + 16 * 1024;

type SnapshotForm = { readonly type: 'stream' } | { readonly type: 'file'; readonly digest: SnapshotDigest };

export interface SnapshotSlicesOptions extends Omit<SnapshotBody, 'nodes'> {
  readonly form: SnapshotForm;
}

export class SnapshotSlices implements ByteSource {
  readonly #form: SnapshotForm;
  readonly #cut: TreeCut;
  #writer = new JuteWriter(sliceRoomBytes);
  /** Adler-32 of what was handed out. */
  #sum = 1;
  #hasEnded = false;

  constructor(tree: DataTree, { form, ...head }: SnapshotSlicesOptions) {
    this.#form = form;
    if (form.type === 'file') writeSnapshotHeader(this.#writer);
    writeSnapshotOpening(this.#writer, head);
    this.#cut = tree.cut((znode) => writeSnapshotNode(this.#writer, snapshotNodeOf(znode)));
  }

  next(): Buffer | null {
    if (this.#hasEnded) return null;
    while (this.#writer.length < sliceBytes) {
      if (!this.#cut.take()) return this.#last();
    }
    const slice = this.#writer.toBuffer();
    this.#writer = new JuteWriter(sliceRoomBytes);
    if (this.#form.type === 'file') this.#sum = adler32(slice, this.#sum);
    return slice;
  }

  close(): void {
    this.#hasEnded = true;
    this.#cut.close();
  }

  #last(): Buffer {
    const writer = this.#writer;
    writeSnapshotEnd(writer);
    if (this.#form.type === 'stream') writer.writeString(snapshotSignature);
    else writeSnapshotSeals(writer, { from: 0, seed: this.#sum }, this.#form.digest);
    this.close();
    return writer.toBuffer();
  }
}
