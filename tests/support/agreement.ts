import { agreementOf } from '../../src/telemetry/catalogue.ts';
import type { TelemetryChannel } from '../../src/telemetry/channels.ts';

/** What is kept of somebody who agreed to everything but these fields: the column `covered`. */
export const agreementWithout = (channel: TelemetryChannel, ...missing: string[]): string =>
  JSON.stringify(agreementOf(channel).filter((line) => !missing.includes(line.split('=')[0] ?? '')));
