import { figure, graph, newDashboard } from './panels.ts';

/** The process: event loop, memory, garbage collection, file descriptors, log, jobs. */
export const runtime = () =>
  newDashboard('runtime', 'TimeTracker runtime', 'Event loop, memory, log and jobs of each process.')
    .withPanel(
      figure({
        title: 'Version',
        description: 'What runs.',
        lines: [['tt_build_info{job="timetracker"}', '{{version}} on Node {{node}}']],
        width: 8,
      }),
    )
    .withPanel(
      figure({
        title: 'Running since',
        description: 'Of the process that started last.',
        lines: [['time() - max(process_start_time_seconds{job="timetracker"})', 'uptime']],
        unit: 's',
        width: 8,
      }),
    )
    .withPanel(
      figure({
        title: 'Log write errors',
        description: 'Within the last day. The disk is full, or the folder cannot be written.',
        lines: [['sum(increase(tt_log_write_errors_total{job="timetracker"}[1d]))', 'errors']],
        limits: [1, 1],
        width: 8,
      }),
    )
    .withPanel(
      graph({
        title: 'Event loop delay',
        description:
          'How late work begins because other work goes on. 10 ms is what an idle process measures.',
        lines: [
          ['nodejs_eventloop_lag_p50_seconds{job="timetracker"}', 'median {{instance}}'],
          ['nodejs_eventloop_lag_p99_seconds{job="timetracker"}', '99 % {{instance}}'],
          ['nodejs_eventloop_lag_max_seconds{job="timetracker"}', 'longest {{instance}}'],
        ],
        unit: 's',
      }),
    )
    .withPanel(
      graph({
        title: 'Processor',
        description: 'Share of one core.',
        lines: [['rate(process_cpu_seconds_total{job="timetracker"}[$__rate_interval])', '{{instance}}']],
        unit: 'percentunit',
      }),
    )
    .withPanel(
      graph({
        title: 'Memory',
        description: 'At its limit the process is ended: that of its container, or what the machine has.',
        lines: [
          ['process_resident_memory_bytes{job="timetracker"}', 'process {{instance}}'],
          ['tt_memory_limit_bytes{job="timetracker"}', 'limit {{instance}}'],
          ['nodejs_heap_size_used_bytes{job="timetracker"}', 'heap used {{instance}}'],
          ['nodejs_heap_size_total_bytes{job="timetracker"}', 'heap {{instance}}'],
          ['nodejs_external_memory_bytes{job="timetracker"}', 'buffers {{instance}}'],
        ],
        unit: 'bytes',
      }),
    )
    .withPanel(
      graph({
        title: 'Garbage collection',
        description: 'Share of the time spent on it.',
        lines: [
          [
            'sum by (instance, kind) (rate(nodejs_gc_duration_seconds_sum{job="timetracker"}[$__rate_interval]))',
            '{{kind}} {{instance}}',
          ],
        ],
        unit: 'percentunit',
      }),
    )
    .withPanel(
      graph({
        title: 'Requests in flight, open files',
        description: 'Both fall back after traffic; what does not is a leak.',
        lines: [
          ['tt_requests_in_flight{job="timetracker"}', 'requests {{instance}}'],
          ['process_open_fds{job="timetracker"}', 'file descriptors {{instance}}'],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Room on the disk',
        description: 'Of each folder. Without any, pages can be read and nothing can be saved.',
        lines: [['tt_disk_free_bytes{job="timetracker"}', '{{folder}} {{instance}}']],
        unit: 'bytes',
      }),
    )
    .withPanel(
      graph({
        title: 'Log lines',
        description: 'Per second, by level.',
        lines: [
          ['sum by (level) (rate(tt_log_lines_total{job="timetracker"}[$__rate_interval])) > 0', '{{level}}'],
        ],
        unit: 'cps',
      }),
    )
    .withPanel(
      graph({
        title: 'Jobs: since the last success',
        description: 'On whichever instance. Most run every hour; 60 years is never.',
        lines: [
          [
            'time() - max by (exported_job) (tt_job_last_success_timestamp_seconds{job="timetracker"})',
            '{{exported_job}}',
          ],
          [
            'time() - max by (made_by) (tt_backup_newest_timestamp_seconds{job="timetracker"})',
            'newest backup there is, made by the {{made_by}}',
          ],
        ],
        unit: 's',
      }),
    )
    .withPanel(
      graph({
        title: 'Jobs: runs and failures',
        description: 'Within an hour.',
        lines: [
          [
            'sum by (exported_job, outcome) (increase(tt_job_runs_total{job="timetracker"}[1h]))',
            '{{exported_job}} {{outcome}}',
          ],
        ],
      }),
    )
    .withPanel(
      graph({
        title: 'Figures that could not be read',
        description: 'Their panels have gaps then. Usually the database does not answer.',
        lines: [
          [
            'sum by (collector) (increase(tt_collector_errors_total{job="timetracker"}[5m]))',
            '{{collector}}',
          ],
        ],
      }),
    );
