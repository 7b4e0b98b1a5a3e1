import { TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { logGraph, logLines, newDashboard } from './panels.ts';

/** The log, with a box for a request id or any other text. */
export const logs = () =>
  newDashboard('logs', 'TimeTracker logs', 'Lines by level and event, errors, and all lines of one request.')
    .withVariable(
      new TextBoxVariableBuilder('search')
        .label('Text or request id')
        .description('Empty shows everything. A backslash is typed twice.')
        .defaultValue(''),
    )
    .withPanel(
      logGraph(
        'Lines by level',
        'Per interval.',
        'sum by (level) (count_over_time({app="timetracker"}[$__auto]))',
        '{{level}}',
      ),
    )
    .withPanel(
      logGraph(
        'Events',
        'Per interval, from the lines themselves.',
        'sum by (event) (count_over_time({app="timetracker"} | event != "" [$__auto]))',
        '{{event}}',
      ),
    )
    .withPanel(
      logLines(
        'Warnings and errors',
        'Open a line: the request id leads to everything else of the same request.',
        '{app="timetracker", level=~"warn|error|fatal"}',
      ),
    )
    // Quoted by Grafana, or a quotation mark in the box would be the end of the text.
    .withPanel(
      logLines('Everything', 'As the box above says.', '{app="timetracker"} |= ${search:doublequote}'),
    );
