import { figure, graph, newDashboard } from './panels.ts';

/** What leaves the server, by channel. The bytes themselves are on /admin/telemetry. */
export const egress = () =>
  newDashboard(
    'egress',
    'TimeTracker: what leaves the server',
    'Requests, bytes and queues of every channel, and connections that were refused.',
  )
    .withPanel(
      figure({
        title: 'Blocked connections',
        description: 'Since the start. Not one that no channel has opened may get out; any is worth a look.',
        lines: [['sum(tt_egress_blocked_total{job="timetracker"})', 'blocked']],
        limits: [1, 1],
        width: 6,
      }),
    )
    .withPanel(
      figure({
        title: 'Bytes out',
        description: 'Within the last day, all channels.',
        lines: [['sum(increase(tt_egress_bytes_total{job="timetracker"}[1d]))', 'bytes']],
        unit: 'bytes',
        width: 6,
      }),
    )
    .withPanel(
      figure({
        title: 'Waiting to leave',
        description: 'Payloads that wait for their time, or for an administrator.',
        lines: [['sum(max by (channel) (tt_outbox_depth{job="timetracker"}))', 'payloads']],
        width: 6,
      }),
    )
    .withPanel(
      figure({
        title: 'Oldest payload',
        description: 'That may leave and has not.',
        lines: [['max(tt_outbox_oldest_age_seconds{job="timetracker"})', 'age']],
        unit: 's',
        limits: [3600, 21600],
        width: 6,
      }),
    )
    .withPanel(
      graph({
        title: 'Requests by channel and outcome',
        description: 'Within an hour. Rejected: an answer that refuses. Failed: no answer.',
        lines: [
          [
            'sum by (channel, outcome) (increase(tt_egress_requests_total{job="timetracker"}[1h]))',
            '{{channel}} {{outcome}}',
          ],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Bytes by channel',
        description: 'Per second, bodies only.',
        lines: [
          [
            'sum by (channel) (rate(tt_egress_bytes_total{job="timetracker"}[$__rate_interval]))',
            '{{channel}}',
          ],
        ],
        unit: 'Bps',
      }),
    )
    .withPanel(
      graph({
        title: 'Outbox',
        description: 'Payloads by channel. A steady climb is a destination that does not answer.',
        lines: [['max by (channel) (tt_outbox_depth{job="timetracker"})', '{{channel}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'What became of events',
        description: 'Within an hour. Recorded stays here; withheld is what consent or a choice kept here.',
        lines: [['sum by (outcome) (increase(tt_events_total{job="timetracker"}[1h]))', '{{outcome}}']],
      }),
    );
