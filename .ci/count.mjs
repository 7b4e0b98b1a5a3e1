// Adds up the reports of the test runs: node count.mjs FOLDER FAILED_STEPS RUN...
import { existsSync, readFileSync } from 'node:fs';

const [folder, failedSteps, ...runs] = process.argv.slice(2);
let passed = 0;
let failed = 0;
const passedNames = new Set();
const leftOut = new Set();
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
  if (report.numPassedTests === 0) failed += 1;
  for (const suite of report.testResults) {
    // A file that could not even be loaded has no tests to count, and must not pass for that.
    if (suite.status === 'failed' && suite.assertionResults.length === 0) {
      failed += 1;
      console.log(`failed on ${run}: ${suite.name}\n${(suite.message ?? '').slice(0, 1500)}`);
    }
    for (const { fullName, status, failureMessages } of suite.assertionResults) {
      if (status === 'passed') passedNames.add(fullName);
      // Again at the end, where a long log is read first.
      if (status === 'failed')
        console.log(`failed on ${run}: ${fullName}\n${(failureMessages[0] ?? '').slice(0, 1500)}`);
      else if (status !== 'failed') leftOut.add(fullName);
    }
  }
}
// What is about one database alone is left out on the other; what passed nowhere was missing a program.
for (const name of [...leftOut].filter((name) => !passedNames.has(name))) {
  console.log(`left out everywhere: ${name}`);
  // Docker Compose comes from another release of Debian, which a mirror may not have: .ci/run says so then.
  if (!name.includes('docker compose')) failed += 1;
}
// A check without tests (types, lint, install) that failed is a failure of its own.
if (failed === 0 && Number(failedSteps) > 0) failed += Number(failedSteps);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
