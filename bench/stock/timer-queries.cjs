'use strict';
const crypto = require('node:crypto');
const { DatabaseSync } = require('node:sqlite');

/** Prepared statements of the stock timer page: a session look-up, three plain joins and the pager's date. */
exports.openTimerQueries = (file) => {
  const database = new DatabaseSync(file, { readOnly: true });
  const person = database.prepare(
    `select u.id, u.name, u.time_zone, u.locale, u.duration_format from sessions s join users u on u.id = s.user_id
     where s.token_hash = ? and s.expires_at > ? and u.deactivated_at is null`,
  );
  const running = database.prepare(
    `select e.id, e.description, e.started_at, e.zone, e.local_date, e.project_id, p.name as project_name,
       p.color as project_color
     from entries e left join projects p on p.id = e.project_id where e.user_id = ? and e.ended_at is null`,
  );
  const projects = database.prepare(
    `select p.id, p.name, c.name as client_name from projects p left join clients c on c.id = p.client_id
     where p.archived_at is null order by p.name_key limit 200`,
  );
  const entries = database.prepare(
    `select e.id, e.description, e.started_at, e.ended_at, e.zone, e.local_date, e.duration_seconds, e.billable,
       p.name as project_name, p.color as project_color, c.name as client_name,
       (select group_concat(t.name, char(10)) from entry_tags et join tags t on t.id = et.tag_id
        where et.entry_id = e.id) as tags
     from entries e left join projects p on p.id = e.project_id left join clients c on c.id = p.client_id
     where e.user_id = ? and e.local_date >= ? order by e.local_date desc, e.started_at desc limit 300`,
  );
  const earlier = database.prepare(
    'select max(local_date) as local_date from entries where user_id = ? and local_date < ?',
  );
  return {
    findPerson: (token) => person.get(crypto.createHash('sha256').update(token).digest('hex'), Date.now()),
    findRunning: (userId) => running.get(userId),
    listProjects: () => projects.all(),
    listEntries: (userId, fromDate) => entries.all(userId, fromDate),
    findEarlierDate: (userId, fromDate) => earlier.get(userId, fromDate)?.local_date,
  };
};
