import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

/** What may import what, read from the source; docs/architecture.md says why. */

const root = join(import.meta.dirname, '..');
const sourceFiles = filesBelow('src', '.ts');

interface Edge {
  from: string;
  /** A path below src, or the name of a package. */
  to: string;
  typeOnly: boolean;
}

function filesBelow(folder: string, extension: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith(extension))
    .sort();
}

const parsed = new Map(
  sourceFiles.map((file) => {
    const text = readFileSync(join(root, 'src', file), 'utf8');
    return [file, ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)] as const;
  }),
);

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

function edgesOf(from: string, source: ts.SourceFile): Edge[] {
  const edges: Edge[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (!specifier || !ts.isStringLiteral(specifier)) return;
    const { text } = specifier;
    const to = text.startsWith('.') ? posix.join(posix.dirname(from), text) : packageOf(text);
    edges.push({ from, to, typeOnly });
  };
  walk(source, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly ?? false);
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
  });
  return edges;
}

/** `kysely/migration` is of `kysely`; `node:fs/promises` stays as it is. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

const edges = [...parsed].flatMap(([file, source]) => edgesOf(file, source));
const inside = edges.filter(({ to }) => to.endsWith('.ts'));
const shown = ({ from, to }: Edge) => `${from} imports ${to}`;

/** A folder below src, a file at its root, or the role of a feature's file: `features/routes`, `features/rules`, … */
function partOf(file: string): string {
  const [folder = ''] = file.split('/');
  if (folder !== 'features') return folder;
  const role = readsAddresses.has(file) ? 'forms' : /\.(routes|queries|forms)\.ts$/.exec(file)?.[1];
  return `features/${role ?? (facesHttp.has(file) ? 'page' : 'rules')}`;
}

const featureOf = (file: string): string | undefined => /^features\/([^/]+)\//.exec(file)?.[1];

/** Forms too: what a valid query string is. */
const readsAddresses = new Set(['features/reports/report-filter.ts', 'features/work/list-query.ts']);

/**
 * Parts of routes in files of their own: they know requests and answers. A rule never becomes one by accident, because
 * a file must be named here before it may import Express.
 */
const facesHttp = new Set([
  'features/accounts/address-limit.ts',
  'features/accounts/answer-limited.ts',
  'features/accounts/open-session.ts',
  'features/accounts/profile-page.ts',
  'features/admin/dictionary-page.ts',
  'features/admin/user-link-page.ts',
  'features/admin/user-pages.ts',
  'features/admin/send-lines.ts',
  'features/admin/system-page.ts',
  'features/admin/telemetry-page.ts',
  'features/entries/entry-book-page.ts',
  'features/entries/entry-bulk-page.ts',
  'features/entries/entry-edit-page.ts',
  'features/entries/entry-flash.ts',
  'features/entries/entry-page.ts',
  'features/invitations/origin.ts',
  'features/projects/project-show-page.ts',
  'features/setup/setup-code.ts',
  'features/tasks/task-show-page.ts',
  'features/timer/timer-bar.ts',
  'features/work/return-to.ts',
]);

/** What pages that explain the outward half need of it: pure tables and functions, nothing that sends. */
const outwardWords = ['catalogue', 'channels', 'consent', 'pseudonym'].map((name) => `telemetry/${name}.ts`);

/** Part -> parts it may import: `x (type)` only what Node erases, `x (own)` only of the same feature. */
const mayImport: Record<string, readonly string[]> = {
  'main.ts': ['server.ts'],
  'server.ts': [
    'config',
    'db',
    'deps.ts',
    'app.ts',
    'jobs.ts',
    'observability',
    'shared',
    'telemetry',
    'features/queries',
  ],
  'deps.ts': [
    'config',
    'db',
    'http',
    'i18n',
    'observability',
    'shared',
    'telemetry',
    'features/queries',
    'settings',
  ],
  'app.ts': [
    'deps.ts (type)',
    'http',
    'observability',
    'routes.ts',
    'features/queries',
    'features/rules',
    'features/page',
  ],
  'routes.ts': ['deps.ts (type)', 'features/routes', 'http/lazy-router.ts'],
  'jobs.ts': [
    'deps.ts (type)',
    'config (type)',
    'db',
    'telemetry',
    'features/queries',
    'features/rules',
    'backup',
  ],
  config: ['shared'],
  http: ['observability', 'shared', 'i18n', 'config (type)'],
  i18n: [],
  observability: ['config', 'shared'],
  telemetry: ['observability', 'config', 'db', 'shared'],
  db: ['config', 'shared'],
  shared: [],
  backup: ['config (type)', 'db', 'deps.ts (type)', 'shared/folders.ts', 'telemetry/guard.ts'],
  cli: [
    'backup',
    'config',
    'db',
    'deps.ts',
    'features/rules',
    'features/queries',
    'features/forms',
    'http',
    'i18n',
    'observability',
    'shared',
    'telemetry',
  ],
  'features/routes': [
    'features/routes (own)',
    'features/page',
    'features/rules',
    'features/queries',
    'features/forms',
    'http',
    'i18n',
    'shared',
    'telemetry (type)',
    ...outwardWords,
    'deps.ts (type)',
    'db (type)',
    'db/lock.ts',
  ],
  'features/page': [
    'features/page',
    'features/rules',
    'features/queries',
    'features/forms',
    'http',
    'i18n',
    'shared',
    'telemetry (type)',
    ...outwardWords,
    'deps.ts (type)',
    'db (type)',
  ],
  'features/rules': [
    // What lies in the folder of backups, for the page that shows it.
    'backup/backup-folder.ts',
    'observability/disk-space.ts',
    'features/rules',
    'features/queries',
    'features/forms (type)',
    'features/forms (own)',
    'db',
    'shared',
    'i18n (type)',
    'http (type)',
    ...outwardWords,
    'telemetry (type)',
    'deps.ts (type)',
  ],
  'features/queries': [
    'db',
    // Words only: which problems come before any byte has left.
    'telemetry/channels.ts',
    'shared',
    'work',
    'features/rates/rates.ts',
    'features/rules (type)',
    'features/forms (type)',
    'features/forms (own)',
    'features/queries',
  ],
  'features/forms': ['features/forms', 'features/rules', 'http', 'i18n', 'shared'],
};

function isAllowed({ from, to, typeOnly }: Edge): boolean {
  const [part, target, feature] = [partOf(from), partOf(to), featureOf(to)];
  const isOwn = feature !== undefined && feature === featureOf(from);
  const names = [
    // A file, or a feature that others stand on, may be allowed by its own name.
    ...[target, to, feature],
    ...(typeOnly ? [`${target} (type)`] : []),
    ...(isOwn ? [`${target} (own)`] : []),
  ];
  if (part === target && target !== 'features/routes') return true;
  return names.some((name) => name !== undefined && (mayImport[part] ?? []).includes(name));
}

describe('imports', () => {
  test('go only where the house plan lets them', () => {
    expect(inside.length).toBeGreaterThan(200);
    expect(inside.filter((edge) => !isAllowed(edge)).map(shown)).toEqual([]);
  });

  test('name files that exist', () => {
    expect(inside.filter(({ to }) => !parsed.has(to)).map(shown)).toEqual([]);
  });

  test('make no circle between features', () => {
    expect(circles(graphOf(edgesBetweenFeatures()))).toEqual([]);
  });

  test('make no circle between files', () => {
    expect(circles(graphOf(inside.filter(({ typeOnly }) => !typeOnly)))).toEqual([]);
  });
});

function edgesBetweenFeatures(): Edge[] {
  return inside.flatMap((edge) => {
    const [from, to] = [featureOf(edge.from), featureOf(edge.to)];
    return from === undefined || to === undefined || from === to ? [] : [{ ...edge, from, to }];
  });
}

function graphOf(list: readonly Edge[]): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { from, to } of list) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  return graph;
}

/** Every circle that a walk in depth closes, as `a > b > a`. */
function circles(graph: Map<string, Set<string>>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (node: string, path: string[]): void => {
    if (path.includes(node)) found.push([...path.slice(path.indexOf(node)), node].join(' > '));
    if (path.includes(node) || done.has(node)) return;
    for (const next of graph.get(node) ?? []) visit(next, [...path, node]);
    done.add(node);
  };
  for (const node of graph.keys()) visit(node, []);
  return found;
}

/** Package -> the files that may import more than its types. Every dependency must be in this list. */
const importers: Record<string, (file: string) => boolean> = {
  pino: (file) => file === 'observability/log.ts',
  'prom-client': (file) => file === 'observability/metrics.ts',
  pg: (file) => file === 'db/connect.ts',
  'node:sqlite': (file) => ['db/sqlite-dialect.ts', 'backup/sqlite-snapshot.ts'].includes(file),
  ejs: (file) => file === 'http/views.ts',
  helmet: (file) => file === 'http/middleware/security-headers.ts',
  'express-rate-limit': (file) => file === 'features/accounts/address-limit.ts',
  'intl-messageformat': (file) => file === 'i18n/translate.ts',
  // The outward half: one file each, imported only while its channel is on.
  '@sentry/node': (file) => file === 'telemetry/sinks/sentry.ts',
  'posthog-node': (file) => file === 'telemetry/sinks/posthog.ts',
  nodemailer: (file) => file === 'telemetry/mail.ts',
  // Only served to browsers.
  'htmx.org': () => false,
  express: (file) =>
    ['app.ts', 'http/middleware/form-body.ts'].includes(file) || partOf(file) === 'features/routes',
  kysely: (file) =>
    ['db', 'backup', 'features/queries'].includes(partOf(file)) || /^telemetry\/.*\.queries\.ts$/.test(file),
  zod: (file) => file === 'http/forms.ts' || partOf(file) === 'features/forms',
};

describe('packages', () => {
  const outside = edges.filter(({ to }) => !to.endsWith('.ts'));

  test('of vendors are imported in one place', () => {
    const wrong = outside.filter(({ from, to, typeOnly }) => !typeOnly && importers[to]?.(from) === false);
    expect(wrong.map(shown)).toEqual([]);
  });

  test('are all known here, so that a new one is a decision', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const unknown = Object.keys(dependencies).filter((name) => importers[name] === undefined);
    const undeclared = outside
      .map(({ to }) => to)
      .filter((name) => !name.startsWith('node:') && dependencies[name] === undefined);
    // The icon sprite is built by hand from a development dependency.
    expect([...unknown, ...undeclared]).toEqual([]);
  });

  test('types of Express stay out of rules, queries and forms', () => {
    const wrong = outside.filter(
      ({ from, to }) =>
        /^express(-rate-limit)?$/.test(to) &&
        ['features/rules', 'features/queries', 'features/forms', 'telemetry', 'db', 'shared'].includes(
          partOf(from),
        ),
    );
    expect(wrong.map(shown)).toEqual([]);
  });

  test('and globals that could open a connection are used nowhere', () => {
    const clients = /^node:(https|http2|tls|dgram|dns|dns\/promises)$/;
    // The gateway is the one place that calls out; the guard replaces what asks for addresses, and asks for none.
    const isAllowed = (from: string, to: string): boolean =>
      from === 'telemetry/gateway.ts' || (from === 'telemetry/guard-questions.ts' && to === 'node:dns');
    const wrong = outside.filter(({ from, to }) => clients.test(to) && !isAllowed(from, to)).map(shown);
    // The server itself, and checks of addresses; both open nothing.
    const bound = {
      'node:http': ['server.ts', 'http/problem.ts', 'telemetry/gateway.ts'],
      // isIP and BlockList only: neither opens a connection.
      'node:net': ['config/options.ts', 'observability/metrics-access.ts', 'telemetry/guard-questions.ts'],
    };
    for (const [name, files] of Object.entries(bound)) {
      const others = outside.filter(
        ({ from, to, typeOnly }) => to === name && !typeOnly && !files.includes(from),
      );
      wrong.push(...others.map(shown));
    }
    for (const [file, source] of parsed) {
      walk(source, (node) => {
        if (!ts.isIdentifier(node) || isOptionOfPosthog(file, node)) return;
        if (/^(fetch|WebSocket|EventSource|XMLHttpRequest)$/.test(node.text))
          wrong.push(`${file} uses ${node.text}`);
      });
    }
    expect(wrong).toEqual([]);
  });
});

/** The name of the option through which PostHog's requests come to the gateway. */
const isOptionOfPosthog = (file: string, { parent, text }: ts.Identifier) =>
  file === 'telemetry/sinks/posthog.ts' && ts.isPropertyAssignment(parent) && parent.name.getText() === text;

describe('source', () => {
  test('reads the environment only in src/config', () => {
    const readers = [...parsed].filter(([file, source]) => {
      let reads = false;
      walk(source, (node) => {
        if (ts.isPropertyAccessExpression(node)) reads ||= node.getText(source) === 'process.env';
        if (ts.isElementAccessExpression(node)) reads ||= node.getText(source).startsWith("process['env']");
      });
      return reads && partOf(file) !== 'config';
    });
    expect(readers.map(([file]) => file)).toEqual([]);
  });

  test('has functions that fit a screen', () => {
    const long = [...parsed].flatMap(([file, source]) =>
      functionsOf(source)
        .filter(({ lines }) => lines > 60)
        .map(({ line, lines }) => `${file}:${line} has ${lines} lines`),
    );
    expect(long).toEqual([]);
  });

  test('has files whose names say what is in them', () => {
    const banned = /^(utils?|helpers?|misc|common|managers?|services?|handlers?|data|info|base)$/;
    const files = ['src', 'tests', 'public', 'views', 'bench', 'docs'].flatMap((folder) =>
      filesBelow(folder, '').map((file) => `${folder}/${file}`),
    );
    const ours = files.filter((file) => !file.includes('node_modules/') && !file.startsWith('bench/output'));
    const wrong = ours.filter((file) => {
      const stem = posix.basename(file).replace(/\.[a-z]+$/, '');
      return stem.split(/[.-]/).some((word) => banned.test(word));
    });
    expect(ours.length).toBeGreaterThan(150);
    expect(wrong).toEqual([]);
    expect(sourceFiles.filter((file) => !/^([a-z0-9]+(-[a-z0-9]+)*[/.])+ts$/.test(file))).toEqual([]);
  });
});

/** Every function with the lines that are its own: those of functions inside it are theirs. */
function functionsOf(source: ts.SourceFile): { line: number; lines: number }[] {
  const found: { line: number; lines: number }[] = [];
  const lineAt = (position: number) => source.getLineAndCharacterOfPosition(position).line + 1;
  const visit = (node: ts.Node): number => {
    let inside = 0;
    node.forEachChild((child) => {
      inside += visit(child);
    });
    if (!ts.isFunctionLike(node)) return inside;
    const [from, to] = [lineAt(node.getStart(source)), lineAt(node.getEnd())];
    found.push({ line: from, lines: to - from + 1 - inside });
    // A function on one line takes no line from the one around it.
    return to - from;
  };
  visit(source);
  return found;
}
