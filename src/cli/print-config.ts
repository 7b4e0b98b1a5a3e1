import { describeConfig, readEnvironment } from '../config/config.ts';
import { configOrFail } from './open-deps.ts';

const rows = describeConfig(readEnvironment());
const width = Math.max(...rows.map(({ name }) => name.length));
const lines = rows.map(
  ({ name, value, from }) => `${name.padEnd(width)}  ${value || '(empty)'}  [${from}]\n`,
);
process.stdout.write(lines.join(''));
// Shown first and checked then: a wrong option is easier to find beside what is set.
configOrFail();
