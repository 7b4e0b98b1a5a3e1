'use strict';
// The benchmark asks over IPC, so that asking costs the measured server nothing between two questions.
process.on('message', (question) => {
  if (question !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send({ cpu_us: user + system, rss_bytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.exit());
