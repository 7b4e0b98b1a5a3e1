import type { Ledger, LedgerRequest } from '../../src/telemetry/ledger.ts';

export const requestOf = (changes: Partial<LedgerRequest> = {}): LedgerRequest => ({
  ...{ channel: 'analytics', purpose: 'timer.started', consent_id: 7, host: 'posthog.example.com' },
  ...{ head: 'POST /batch/ HTTP/1.1\r\n\r\n', body: Buffer.from('{"event":"timer.started"}'), people: [] },
  ...changes,
});

/** Requests with their answers: twice as many records. */
export async function fill(ledger: Ledger, requests: number, purpose = 'timer.started'): Promise<void> {
  for (let index = 0; index < requests; index += 1) {
    const id = await ledger.append(requestOf({ purpose, body: Buffer.from(`{"number":${index}}`) }));
    await ledger.answer(id, { status: 200, problem: null, body: Buffer.from('{}') });
  }
}
