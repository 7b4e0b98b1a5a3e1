import { sql } from 'kysely';
import type { Db } from '../../db/connect.ts';
import type { JobsTable } from '../../db/schema.ts';

/** Background jobs of all instances; the leases of those who deliver telemetry are no jobs. */
export async function listJobs(db: Db): Promise<Omit<JobsTable, 'holder'>[]> {
  const rows = await db
    .selectFrom('jobs')
    .select(['name', 'lease_until', 'last_success_at'])
    .orderBy('name')
    .execute();
  return rows.filter(({ name }) => !name.startsWith('deliver_'));
}

/** What the database takes of PostgreSQL's disk, in bytes. */
export async function findPostgresBytes(db: Db): Promise<number | undefined> {
  const { rows } = await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(
    db,
  );
  return rows[0]?.bytes;
}
