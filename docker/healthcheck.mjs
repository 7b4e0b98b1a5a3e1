// What a container asks itself. Without fetch and the configuration of the application: it runs four times a minute, and both
// cost more than the question.
import { get } from 'node:http';

const { PORT = '8000' } = process.env;
const { exit } = process;
get(`http://127.0.0.1:${PORT}/readyz`, { timeout: 4000 }, ({ statusCode }) =>
  exit(statusCode === 200 ? 0 : 1),
)
  .on('timeout', () => exit(1))
  .on('error', () => exit(1));
