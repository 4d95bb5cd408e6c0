// Whether a write would go beyond a quota, judged by the state as it will be when everything in flight is applied.
// Apache ZooKeeper judges by what is applied, so there many writes at once go beyond a hard limit together.

import { ErrorCode } from '../../../../harness/wire/constants.ts';
import type { DataTree } from './data-tree.ts';
import type { PendingChanges } from './pending-changes.ts';
import type { Usage } from './quotas.ts';

export interface QuotaExcess {
  /** Whose quota it is. */
  readonly path: string;
  readonly of: 'count' | 'bytes';
  readonly used: number;
  readonly limit: number;
  readonly isHard: boolean;
}

export interface QuotaGuardOptions {
  readonly treeOf: () => DataTree;
  readonly pending: PendingChanges;
  /** Whether hard limits refuse; all others are only told of. */
  readonly isEnforced: boolean;
  readonly exceeded: (excess: QuotaExcess) => void;
}

export class QuotaGuard {
  readonly #options: QuotaGuardOptions;

  constructor(options: QuotaGuardOptions) {
    this.#options = options;
  }

  /** OK or QUOTA_EXCEEDED. `change`: what the write adds. */
  check(path: string, change: Usage): number {
    const { quotas } = this.#options.treeOf();
    const limited = quotas.nearest(path);
    if (limited === null) return ErrorCode.OK;
    const usage = quotas.usageAt(limited);
    if (usage === null) return ErrorCode.OK;
    const limits = quotas.limitsOf(limited);
    const inFlight = this.#options.pending.usageBelow(limited);
    const isRefused = (of: 'count' | 'bytes', soft: number, hard: number): boolean => {
      const limit = hard > -1 ? hard : soft;
      const used = usage[of] + inFlight[of] + change[of];
      if (change[of] === 0 || limit === -1 || used <= limit) return false;
      this.#options.exceeded({ path: limited, of, used, limit, isHard: hard > -1 });
      return hard > -1 && this.#options.isEnforced;
    };
    if (isRefused('count', limits.count, limits.hardCount)) return ErrorCode.QUOTA_EXCEEDED;
    return isRefused('bytes', limits.bytes, limits.hardBytes) ? ErrorCode.QUOTA_EXCEEDED : ErrorCode.OK;
  }
}
