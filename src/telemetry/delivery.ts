import type { TelemetryChannel } from './channels.ts';
import { telemetryChannels } from './channels.ts';
import { ChannelDelivery } from './channel-delivery.ts';
import type { DeliveryParts, DeliveryProblem } from './channel-delivery.ts';

/** Takes what waits to the sinks: never in a request, one instance at a time, again and again until it is taken. */
export interface Delivery {
  /** Something may have become due. Returns at once; the channel is looked at a moment later. */
  wake(channel: TelemetryChannel): void;
  /** Begins with what is there, and looks from then on. */
  start(): void;
  /** Sends what is due now; resolves when nothing is, or when the destination does not take it. */
  run(channel: TelemetryChannel): Promise<void>;
  /** Cuts the call that is out when what a request of it would carry may not leave any more; before every request. */
  check(channel: TelemetryChannel): Promise<void>;
  /** Cuts the product events of a person that are on their way. */
  objected(user_id: number): void;
  /** What went wrong with the last call, if it went wrong. */
  problem(channel: TelemetryChannel): DeliveryProblem | undefined;
  /** Ends within two seconds: calls get a moment to come back and are cut then. What waits stays in the outbox. */
  stop(): Promise<void>;
}

/** Every channel has a worker of its own, so that a destination which hangs holds up no other. */
export function createDelivery(parts: DeliveryParts): Delivery {
  const workers = {
    errors: new ChannelDelivery('errors', parts),
    analytics: new ChannelDelivery('analytics', parts),
    installation: new ChannelDelivery('installation', parts),
  };
  const each = telemetryChannels.map((channel) => workers[channel]);
  const unsubscribe = parts.consents.onChange((channel, state) => workers[channel].changed(state));
  return {
    wake: (channel) => workers[channel].wake(),
    run: (channel) => workers[channel].run(),
    check: (channel) => workers[channel].check(),
    objected: (user_id) => workers.analytics.objected(user_id),
    problem: (channel) => workers[channel].problem,
    start: () => each.forEach((worker) => worker.start()),
    stop: async () => {
      unsubscribe();
      await Promise.all(each.map((worker) => worker.stop()));
    },
  };
}
