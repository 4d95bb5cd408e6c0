// Trace events as the lines of a transcript. Only what tells the story; null for the rest.

import type { TraceEvent } from '../../../../docker/zab/src/core/trace.ts';
import { epochOf, counterOf } from '../../../../harness/wire/zxid.ts';

export function describeTrace(event: TraceEvent): string | null {
  switch (event.event) {
    case 'VOTE':
      return `votes for ${event['leader']} (epoch ${event['epoch']}, zxid ${zxid(event['zxid'])}) in round ${event['round']}`;
    case 'ELECTED':
      return `elects ${event['leader']} by the votes of ${list(event['voters'])}`;
    case 'ESTABLISH':
      return `establishes epoch ${event['epoch']} with ${list(event['ackers'])}`;
    case 'ACTIVATE':
      return `leads epoch ${event['epoch']} with ${list(event['ackers'])}`;
    case 'UPTODATE':
      return `is up to date in epoch ${event['epoch']}`;
    case 'STEP_DOWN':
      return `leads no longer: ${event['reason']}`;
    case 'SYNC_SEND':
      return `sends ${event['mode']} to ${event['to']}, which ends at ${zxid(event['from'])}`;
    case 'TRUNC':
      return `cuts its log after ${zxid(event['zxid'])}`;
    case 'SNAP_INSTALL':
      return `installs a snapshot of ${zxid(event['zxid'])}`;
    case 'CONFIG_PROPOSED':
      return `has configuration ${zxid(event['zxid'])} pending: voters ${list(event['voters'])} of ${list(event['members'])}`;
    case 'CONFIG':
      return `activates configuration ${zxid(event['zxid'])}: voters ${list(event['voters'])} of ${list(event['members'])}`;
    case 'STATE':
      return event['state'] === 'looking' ? 'is LOOKING' : null;
    default:
      return null;
  }
}

export function zxid(value: unknown): string {
  if (typeof value !== 'number' || value < 0) return '-';
  return `${epochOf(value)}:${counterOf(value)}`;
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(' ') : String(value);
}
