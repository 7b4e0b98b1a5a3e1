import { figure, graph, newDashboard } from './panels.ts';

/** What people do, in numbers only. */
export const product = () =>
  newDashboard(
    'product',
    'TimeTracker activity',
    'Timers, entries, people and sign-ins: counts, never names.',
  )
    .withPanel(
      figure({
        title: 'Running timers',
        description: 'Now.',
        lines: [['max(tt_active_timers{job="timetracker"})', 'timers']],
        width: 8,
      }),
    )
    .withPanel(
      figure({
        title: 'People seen',
        description: 'Within the last day.',
        lines: [['max(tt_users_active{job="timetracker",window="24h"})', 'people']],
        width: 8,
      }),
    )
    .withPanel(
      figure({
        title: 'Entries created',
        description: 'Within the last day.',
        lines: [['sum(increase(tt_entries_created_total{job="timetracker"}[1d]))', 'entries']],
        decimals: 0,
        width: 8,
      }),
    )
    .withPanel(
      graph({
        title: 'Running timers',
        description: 'A step at midnight that stays is timers people forgot.',
        lines: [['max(tt_active_timers{job="timetracker"})', 'timers']],
      }),
    )
    .withPanel(
      graph({
        title: 'People seen',
        description: 'By window.',
        lines: [['max by (window) (tt_users_active{job="timetracker"})', '{{window}}']],
      }),
    )
    .withPanel(
      graph({
        title: 'Entries created',
        description: 'Within an hour, by where they came from.',
        lines: [
          ['sum by (source) (increase(tt_entries_created_total{job="timetracker"}[1h])) > 0', '{{source}}'],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Events',
        description: 'The ten most frequent of the catalogue, within an hour.',
        lines: [
          [
            'topk(10, sum by (event) (increase(tt_events_total{job="timetracker",outcome="recorded"}[1h])) > 0)',
            '{{event}}',
          ],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Sign-ins',
        description: 'Within an hour. Many failures are somebody who guesses.',
        lines: [
          [
            'sum by (method, outcome) (increase(tt_logins_total{job="timetracker"}[1h])) > 0',
            '{{method}} {{outcome}}',
          ],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Exports',
        description: 'Within an hour, by format.',
        lines: [['sum by (format) (increase(tt_exports_total{job="timetracker"}[1h])) > 0', '{{format}}']],
      }),
    );
