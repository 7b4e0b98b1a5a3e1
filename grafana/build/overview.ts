import { figure, graph, list, newDashboard } from './panels.ts';

const failed = '{job="timetracker",http_status=~"5.."}';
/** Those of the last minutes are in the recorded rate only in part, those before a restart are not in the counter. */
const counted = `sum by (endpoint, http_status) (tt_requests_total${failed} unless tt_requests_total${failed} offset $__range and on (job, instance) (tt_requests_total offset $__range or process_start_time_seconds > time() - $__range_s) or increase(tt_requests_total${failed}[$__range]))`;
const recorded = `sum by (endpoint, http_status) (sum_over_time(job_endpoint_http_status:tt_requests:rate5m${failed}[$__range:1m])) * 60`;
const errorsByEndpoint = `round((${counted} > ${recorded} or ${recorded}) > 0.5)`;

/** Rate, errors and latency by endpoint, and what is left of the error budgets. */
export const overview = () =>
  newDashboard('overview', 'TimeTracker overview', 'Requests, errors, latency and error budgets.')
    .withPanel(
      figure({
        title: 'Up',
        description: 'Processes that answer the scrape.',
        lines: [['sum(up{job="timetracker"})', 'up']],
      }),
    )
    .withPanel(
      figure({
        title: 'Requests',
        description: 'Per second, without probes and files.',
        lines: [['sum(job:tt_requests:rate5m)', 'requests']],
        unit: 'reqps',
      }),
    )
    .withPanel(
      figure({
        title: 'Errors',
        description: 'Share of requests answered with a server error. The objective is 0.1 %.',
        lines: [['job:tt_request_errors:ratio_rate5m', 'errors']],
        unit: 'percentunit',
        limits: [0.001, 0.0144],
        decimals: 2,
      }),
    )
    .withPanel(
      figure({
        title: '95th percentile',
        description: 'Nineteen of twenty requests are answered within this time. The objective is 0.25 s.',
        lines: [['job:tt_request_latency_seconds:p95_5m', 'p95']],
        unit: 's',
        limits: [0.15, 0.25],
      }),
    )
    .withPanel(
      figure({
        title: 'Error budget left',
        description: 'Of 0.1 % of the requests of thirty days. Below zero the objective is missed.',
        lines: [['job:tt_request_errors:budget_left30d', 'left']],
        unit: 'percentunit',
        limits: [0.5, 0.1],
        decimals: 1,
      }),
    )
    .withPanel(
      figure({
        title: 'Latency budget left',
        description: 'Of 1 % of the requests of thirty days that may take longer than 0.25 s.',
        lines: [['job:tt_requests_slow:budget_left30d', 'left']],
        unit: 'percentunit',
        limits: [0.5, 0.1],
        decimals: 1,
      }),
    )
    .withPanel(
      graph({
        title: 'Requests by status',
        description: 'Per second. 499 are people who left before the answer.',
        lines: [['job_http_status:tt_requests:rate5m', '{{http_status}}']],
        unit: 'reqps',
      }),
    )
    .withPanel(
      graph({
        title: 'Latency',
        description: 'Without probes, files and exports.',
        lines: [
          ['job:tt_request_latency_seconds:p50_5m', 'median'],
          ['job:tt_request_latency_seconds:p95_5m', '95 %'],
          ['job:tt_request_latency_seconds:p99_5m', '99 %'],
        ],
        unit: 's',
      }),
    )
    .withPanel(
      graph({
        title: 'Requests by endpoint',
        description: 'The ten that are asked for most.',
        lines: [['topk(10, job_endpoint:tt_requests:rate5m)', '{{endpoint}}']],
        unit: 'reqps',
      }),
    )
    .withPanel(
      graph({
        title: 'Slowest endpoints',
        description: '95th percentile of the ten slowest.',
        lines: [['topk(10, job_endpoint:tt_request_latency_seconds:p95_5m > 0)', '{{endpoint}}']],
        unit: 's',
      }),
    )
    .withPanel(
      list({
        title: 'Errors by endpoint',
        description: 'Server errors within the time shown.',
        lines: [[errorsByEndpoint, '']],
      }),
    )
    .withPanel(
      graph({
        title: 'Slow and failed requests',
        description:
          'Each point is a request that failed or took longer than 0.25 s, with its request id: it leads to the log lines of that request. The line is the 95th percentile.',
        lines: [
          [
            'histogram_quantile(0.95, sum by (le) (rate(tt_request_latency_seconds_bucket{job="timetracker"}[$__rate_interval])))',
            '95 %',
          ],
        ],
        unit: 's',
        requests: true,
      }),
    )
    .withPanel(
      graph({
        title: 'Burn rate',
        description:
          'How many times faster than allowed the error budget is used: 1 uses it up in thirty days.',
        lines: [
          ['job:tt_request_errors:ratio_rate1h / 0.001', 'errors, 1 h'],
          ['job:tt_request_errors:ratio_rate6h / 0.001', 'errors, 6 h'],
          ['job:tt_requests_slow:ratio_rate1h / 0.01', 'latency, 1 h'],
          ['job:tt_requests_slow:ratio_rate6h / 0.01', 'latency, 6 h'],
        ],
      }),
    );
