import { dashboardFiles } from '../../grafana/build/dashboards.ts';

export interface Target {
  refId: string;
  expr: string;
  legendFormat?: string;
  exemplar?: boolean;
  datasource: { type: string; uid: string };
}
export interface Panel {
  id: number;
  title: string;
  description: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource: { type: string; uid: string };
  targets: Target[];
  transformations?: {
    id: string;
    options: { excludeByName?: Record<string, boolean>; sort?: { field: string }[] };
  }[];
}
export interface Dashboard {
  uid: string;
  title: string;
  tags: string[];
  editable: boolean;
  panels: Panel[];
  templating: { list: { name: string }[] };
}

export const dashboards = (): Dashboard[] =>
  dashboardFiles().map(({ text }) => JSON.parse(text) as Dashboard);

/** Every expression of every panel, with where it is. */
export function targets(): { place: string; target: Target }[] {
  return dashboards().flatMap(({ uid, panels }) =>
    panels.flatMap((panel) =>
      panel.targets.map((target) => ({ place: `${uid}: ${panel.title} ${target.refId}`, target })),
    ),
  );
}
