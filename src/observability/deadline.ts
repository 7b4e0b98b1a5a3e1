/** `promise`, or a rejection with the fixed message `deadline passed` after `timeoutMs`. What it waited for runs on. */
export async function withDeadline<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  const deadline = Promise.withResolvers<never>();
  const timer = setTimeout(() => deadline.reject(new Error('deadline passed')), timeoutMs);
  try {
    return await Promise.race([promise, deadline.promise]);
  } finally {
    clearTimeout(timer);
  }
}
