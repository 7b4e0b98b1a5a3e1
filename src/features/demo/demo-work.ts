import type { Random } from './random.ts';

/** What the made-up team works on. Every name here is invented. */

export type Activity = 'development' | 'design' | 'advice' | 'writing' | 'office';

export interface DemoProject {
  name: string;
  /** Name of a client; null for work of the team's own. */
  client: string | null;
  color: string;
  billable: boolean;
  activities: readonly Activity[];
  /** How much of the team's time it takes, relative to the others. */
  weight: number;
  /** Days before the last day on which it began; without it, it has always been there. */
  began_days_ago?: number;
  /** Days before the last day on which it ended; the project is archived since. */
  ended_days_ago?: number;
  /** In hours, or in whole units of the currency. */
  budget?: { kind: 'hours' | 'money'; amount: number; period: 'total' | 'monthly' };
  code?: string;
  due_in_days?: number;
}

/** A client that is billed in another currency. */
export const foreignClient = { name: 'Kestrel Outdoor', currency: 'USD' } as const;

export const internalProject = 'Team';

const build: readonly Activity[] = ['development', 'design'];
const always = { billable: true } as const;

export const demoProjects: readonly DemoProject[] = [
  {
    ...always,
    name: 'Booking portal',
    client: 'Brightwater Dental',
    color: 'teal',
    activities: build,
    weight: 9,
    code: 'DEMO-BOOK',
    budget: { kind: 'money', amount: 120_000, period: 'total' },
    due_in_days: 90,
  },
  {
    ...always,
    name: 'Care plan',
    client: 'Brightwater Dental',
    color: 'cyan',
    activities: ['development'],
    weight: 3,
  },
  {
    ...always,
    name: 'Warehouse app',
    client: 'Nordwind Logistik',
    color: 'blue',
    activities: build,
    weight: 10,
    code: 'DEMO-WARE',
    budget: { kind: 'hours', amount: 1500, period: 'total' },
  },
  {
    ...always,
    name: 'Driver onboarding',
    client: 'Nordwind Logistik',
    color: 'indigo',
    activities: ['design', 'writing'],
    weight: 4,
    began_days_ago: 260,
  },
  { ...always, name: 'Website', client: 'Café Amselhof', color: 'amber', activities: build, weight: 3 },
  {
    ...always,
    name: 'Autumn menu',
    client: 'Café Amselhof',
    color: 'orange',
    activities: ['design', 'writing'],
    weight: 1,
    began_days_ago: 120,
  },
  { ...always, name: 'Online shop', client: 'Kestrel Outdoor', color: 'green', activities: build, weight: 8 },
  {
    ...always,
    name: 'Product photos',
    client: 'Kestrel Outdoor',
    color: 'lime',
    activities: ['design'],
    weight: 2,
    began_days_ago: 400,
    ended_days_ago: 310,
  },
  {
    ...always,
    name: 'Tariff calculator',
    client: 'Stadtwerke Erlenau',
    color: 'red',
    activities: ['development', 'advice'],
    weight: 7,
    began_days_ago: 210,
    code: 'DEMO-TARIFF',
    budget: { kind: 'money', amount: 12_000, period: 'monthly' },
  },
  {
    ...always,
    name: 'Accessibility audit',
    client: 'Stadtwerke Erlenau',
    color: 'pink',
    activities: ['advice'],
    weight: 2,
    began_days_ago: 150,
    ended_days_ago: 60,
  },
  {
    ...always,
    name: 'Annual report',
    client: 'Marlow Press',
    color: 'violet',
    activities: ['design', 'writing'],
    weight: 3,
  },
  {
    ...always,
    name: 'E-book reader',
    client: 'Marlow Press',
    color: 'indigo',
    activities: build,
    weight: 5,
    began_days_ago: 480,
    ended_days_ago: 200,
  },
  {
    ...always,
    name: 'Office move',
    client: 'Halden & Roth Architects',
    color: 'slate',
    activities: ['advice'],
    weight: 1,
    began_days_ago: 540,
    ended_days_ago: 380,
  },
  {
    ...always,
    name: 'Competition entry',
    client: 'Halden & Roth Architects',
    color: 'orange',
    activities: ['design', 'writing'],
    weight: 2,
    ended_days_ago: 230,
  },
  {
    ...always,
    name: 'Support contract',
    client: 'Orchard Street Clinic',
    color: 'cyan',
    activities: ['development', 'advice'],
    weight: 4,
    code: 'DEMO-HELP',
    budget: { kind: 'hours', amount: 60, period: 'monthly' },
  },
  { name: internalProject, client: null, color: 'slate', billable: false, activities: ['office'], weight: 5 },
  {
    name: 'Own website',
    client: null,
    color: 'violet',
    billable: false,
    activities: ['design', 'writing', 'development'],
    weight: 2,
  },
  { name: 'Learning', client: null, color: 'lime', billable: false, activities: ['office'], weight: 1 },
];

export const demoClients: readonly string[] = [
  ...new Set(demoProjects.flatMap(({ client }) => (client === null ? [] : [client]))),
];

/** Clients whose last project ended. */
export const endedClients: readonly string[] = demoClients.filter((name) =>
  demoProjects.every(({ client, ended_days_ago }) => client !== name || ended_days_ago !== undefined),
);

export const demoTags = [
  'meeting',
  'review',
  'bug',
  'on site',
  'phone',
  'planning',
  'urgent',
  'workshop',
] as const;
export type DemoTag = (typeof demoTags)[number];

interface Phrase {
  texts: readonly string[];
  tags: readonly DemoTag[];
  weight: number;
}

const things: Record<Activity, readonly string[]> = {
  development: [
    'sign-in',
    'search',
    'address form',
    'order list',
    'PDF export',
    'import of old records',
    'price table',
    'e-mail templates',
    'image upload',
    'calendar sync',
    'invoice numbers',
    'permissions',
    'label printing',
    'stock levels',
    'map view',
    'reminders',
    'payment page',
    'audit log',
    'German texts',
    'dark mode',
  ],
  design: [
    'landing page',
    'icon set',
    'start page',
    'empty states',
    'booking flow',
    'colour palette',
    'product cards',
    'navigation',
    'type scale',
    'phone layout',
    'cover',
    'form errors',
    'illustrations',
    'style guide',
  ],
  advice: [
    'requirements',
    'data protection',
    'tender',
    'hosting options',
    'roadmap',
    'accessibility findings',
    'budget',
    'interfaces',
    'migration',
    'service levels',
  ],
  writing: [
    'introduction',
    'chapter 2',
    'press release',
    'help pages',
    'captions',
    'newsletter',
    'case study',
    'interview with the owner',
    'product texts',
    'glossary',
  ],
  office: [
    'invoices',
    'holiday plan',
    'applications',
    'new laptops',
    'bookkeeping',
    'server updates',
    'insurance',
    'offer',
    'travel costs',
    'knowledge base',
  ],
};

const phrases: Record<Activity, readonly Phrase[]> = {
  development: [
    { texts: ['Build *', '*: first version', 'Implement *', '*'], tags: [], weight: 8 },
    { texts: ['Fix *', '*: wrong on phones', '*: long names are cut'], tags: ['bug'], weight: 4 },
    { texts: ['Review *', 'Review pull request #%'], tags: ['review'], weight: 3 },
    { texts: ['Tests for *', 'Clean up *', 'Deploy', 'Release 2.%'], tags: [], weight: 3 },
    { texts: ['Incident: * down', 'Hotfix *'], tags: ['bug', 'urgent'], weight: 1 },
  ],
  design: [
    { texts: ['Draft *', '*: second round', 'Sketches for *', '*'], tags: [], weight: 7 },
    { texts: ['Feedback on *', 'Review * with client'], tags: ['review'], weight: 3 },
    { texts: ['Prototype *', 'Hand over * to development', 'Usability test: *'], tags: [], weight: 3 },
    { texts: ['Workshop: *'], tags: ['workshop', 'on site'], weight: 1 },
  ],
  advice: [
    { texts: ['Notes on *', '*: options & costs', 'Research *', '*'], tags: [], weight: 5 },
    { texts: ['Call about *', 'Phone call: *'], tags: ['phone'], weight: 3 },
    { texts: ['Workshop: *', 'On site: *'], tags: ['workshop', 'on site'], weight: 2 },
    { texts: ['Plan *', 'Estimate *'], tags: ['planning'], weight: 2 },
  ],
  writing: [
    { texts: ['Write *', '*: rough draft', 'Edit *', '*'], tags: [], weight: 6 },
    { texts: ['Proofread *', 'Corrections to *'], tags: ['review'], weight: 3 },
    { texts: ['Plan *'], tags: ['planning'], weight: 1 },
  ],
  office: [
    { texts: ['*', 'Sort out *', 'Prepare *'], tags: [], weight: 5 },
    { texts: ['E-mail', 'Inbox & messages', 'Reading'], tags: [], weight: 4 },
    { texts: ['Plan next week', 'Plan *'], tags: ['planning'], weight: 2 },
    { texts: ['Call about *'], tags: ['phone'], weight: 1 },
  ],
};

/** What somebody writes about a piece of work: sometimes nothing, mostly a few words. */
export function describeWork(
  activity: Activity,
  random: Random,
): { description: string; tags: readonly DemoTag[] } {
  const phrase = random.pickWeighted(phrases[activity]);
  const text = random.pick(phrase.texts);
  const thing = random.pick(things[activity]);
  const number = String(random.between(100, 999));
  const tags = random.chance(0.7) ? phrase.tags : [];
  if (random.chance(0.07)) return { description: '', tags };
  const filled = text.replace('*', thing).replace('%', number);
  return { description: `${filled.charAt(0).toUpperCase()}${filled.slice(1)}`, tags };
}
