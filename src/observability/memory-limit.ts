import { totalmem } from 'node:os';

/**
 * The bytes at which the process is ended: the limit of its container or unit, else the memory of the machine.
 *
 * @param allowedBytes - what the operating system allows it; 0, or more than there is, when it has no limit.
 */
export function memoryLimitBytes(
  allowedBytes: number = process.constrainedMemory(),
  machineBytes: number = totalmem(),
): number {
  return allowedBytes > 0 && allowedBytes < machineBytes ? allowedBytes : machineBytes;
}
