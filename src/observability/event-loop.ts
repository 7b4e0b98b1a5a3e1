import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { EventLoopUtilization } from 'node:perf_hooks';

/** How late the event loop was, and which share of the time it was busy, since the reading before. */
export interface LoopReading {
  readonly delayP99Seconds: number;
  readonly delayMaxSeconds: number;
  readonly utilisation: number;
}

export interface LoopMonitor {
  readonly read: () => LoopReading;
  readonly stop: () => void;
}

const resolutionMs = 20;

/**
 * A monitor of its own: the one behind /metrics is reset by every scrape, and a second reader would take its samples
 * away. It keeps a process alive, so only a server has one.
 */
export function monitorLoop(): LoopMonitor {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  // What it measures is the time between two of its timers, whose pause is no delay.
  const late = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000) : 0;
  return {
    read() {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      const counted = delays.count > 0;
      const reading = {
        delayP99Seconds: counted ? late(delays.percentile(99)) : 0,
        delayMaxSeconds: counted ? late(delays.max) : 0,
        utilisation: Number.isFinite(utilization) ? utilization : 0,
      };
      delays.reset();
      return reading;
    },
    stop: () => void delays.disable(),
  };
}
