import { database } from './database.ts';
import { egress } from './egress.ts';
import { logs } from './logs.ts';
import { overview } from './overview.ts';
import { product } from './product.ts';
import { runtime } from './runtime.ts';

const dashboards = { overview, runtime, database, product, egress, logs };

/** The dashboards as Grafana reads them, by their path below the repository. */
export function dashboardFiles(): { path: string; text: string }[] {
  return Object.entries(dashboards).map(([name, build]) => ({
    path: `grafana/dashboards/${name}.json`,
    text: `${JSON.stringify(build().build(), null, 2)}\n`,
  }));
}
