// Adds up the reports of the test runs: node count.mjs FOLDER FAILED_STEPS RUN...
import { existsSync, readFileSync } from 'node:fs';

const [folder, failedSteps, ...runs] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
/** Only there a test may be left out: what is about the embedded database alone. */
const maySkip = new Set(['postgres']);
for (const run of runs) {
  const file = `${folder}/${run}.json`;
  if (!existsSync(file)) {
    console.log(`no report of ${run}`);
    failed += 1;
    continue;
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  skipped += report.numPendingTests;
  if (report.numPassedTests === 0) failed += 1;
  if (report.numPendingTests > 0 && !maySkip.has(run)) {
    console.log(`${run}: ${report.numPendingTests} tests were left out; is a program missing?`);
    failed += report.numPendingTests;
  }
  for (const suite of report.testResults) {
    // A file that could not even be loaded has no tests to count, and must not pass for that.
    if (suite.status === 'failed' && suite.assertionResults.length === 0) failed += 1;
  }
}
// A check without tests (types, lint, install) that failed is a failure of its own.
if (failed === 0 && Number(failedSteps) > 0) failed += Number(failedSteps);
console.log(`${skipped} left out`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
