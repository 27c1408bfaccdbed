/** Times as people read them, in their own zone; how far away they are, by the service's clock. */

import type { TranslationBundle } from '@jupyterlab/translation';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Return an instant with its weekday. */
export function shown(instant: string): string {
  return new Intl.DateTimeFormat(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit'
  }).format(new Date(instant));
}

/** Return how far `instant` is from `now` (milliseconds), in words. */
export function away(instant: string, now: number, trans: TranslationBundle): string {
  const left = new Date(instant).getTime() - now;
  if (left < 0) {
    return trans.__('time is over');
  }
  if (left < HOUR) {
    return trans._n('in %1 minute', 'in %1 minutes', Math.max(1, Math.round(left / MINUTE)));
  }
  if (left < DAY) {
    return trans._n('in %1 hour', 'in %1 hours', Math.round(left / HOUR));
  }
  return trans._n('in %1 day', 'in %1 days', Math.round(left / DAY));
}

/** Whether less than a day is left. */
export function isSoon(instant: string, now: number): boolean {
  return new Date(instant).getTime() - now < DAY;
}
