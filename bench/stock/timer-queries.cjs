'use strict';
const crypto = require('node:crypto');
const { DatabaseSync } = require('node:sqlite');

/** Prepared statements of the stock timer page: a session look-up and three plain joins. */
exports.openTimerQueries = (file) => {
  const database = new DatabaseSync(file, { readOnly: true });
  const person = database.prepare(
    `select u.id, u.name, u.time_zone, u.locale from sessions s join users u on u.id = s.user_id
     where s.token_hash = ? and s.expires_at > ? and u.deactivated_at is null`,
  );
  const running = database.prepare(
    `select e.id, e.description, e.started_at, p.name as project_name from entries e
     left join projects p on p.id = e.project_id where e.user_id = ? and e.ended_at is null`,
  );
  const entries = database.prepare(
    `select e.id, e.description, e.started_at, e.ended_at, e.local_date, e.duration_seconds, p.name as project_name
     from entries e left join projects p on p.id = e.project_id
     where e.user_id = ? and e.ended_at is not null order by e.local_date desc, e.started_at desc limit 50`,
  );
  const totals = database.prepare(
    `select p.name as project_name, sum(e.duration_seconds) as seconds from entries e
     left join projects p on p.id = e.project_id
     where e.user_id = ? and e.local_date >= ? and e.ended_at is not null group by p.name order by seconds desc`,
  );
  return {
    findPerson: (token) => person.get(crypto.createHash('sha256').update(token).digest('hex'), Date.now()),
    findRunning: (userId) => running.get(userId),
    listEntries: (userId) => entries.all(userId),
    listTotals: (userId, fromDate) => totals.all(userId, fromDate),
  };
};
