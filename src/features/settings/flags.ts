import type { Deps } from '../../deps.ts';
import type { MessageKey } from '../../i18n/translate.ts';

interface FlagDeclaration {
  /** What holds until an administrator says otherwise. */
  default: boolean;
  label: MessageKey;
  hint: MessageKey;
}

/**
 * Parts of the product that an administrator can switch off for everybody. Decided on this server from its settings;
 * no service outside is asked, and no page waits for one.
 */
export const flagTable = {
  /** The page asks what to do with the time while nobody was there. */
  idle_question: {
    default: true,
    label: 'flag.idle_question.label',
    hint: 'flag.idle_question.hint',
  },
  /** Earlier work, projects and tags are offered while somebody types. */
  suggestions: {
    default: true,
    label: 'flag.suggestions.label',
    hint: 'flag.suggestions.hint',
  },
  /** Who may make projects can make the one that their text names, without leaving the timer. */
  projects_on_the_way: {
    default: true,
    label: 'flag.projects_on_the_way.label',
    hint: 'flag.projects_on_the_way.hint',
  },
} as const satisfies Record<string, FlagDeclaration>;

export type FlagName = keyof typeof flagTable;
export type Flags = Readonly<Record<FlagName, boolean>>;
/** What was decided; a flag that is missing has its default. */
export type FlagChoices = Partial<Record<FlagName, boolean>>;

export const flagNames = Object.keys(flagTable) as FlagName[];

declare module 'express-serve-static-core' {
  interface Locals {
    flags?: Flags;
  }
}

/** Every flag's value. What is stored under another name, or is no boolean, is left to the default. */
export function evaluateFlags(stored: Readonly<Record<string, unknown>>): Flags {
  const valueOf = (name: FlagName): boolean => {
    const value = Object.hasOwn(stored, name) ? stored[name] : undefined;
    return typeof value === 'boolean' ? value : flagTable[name].default;
  };
  return Object.fromEntries(flagNames.map((name) => [name, valueOf(name)])) as Flags;
}

/**
 * The flags of a request, worked out once and then kept with it: one request never sees a flag both ways.
 *
 * @param locals - of the request's answer.
 */
export async function flagsOf(
  { settings }: Pick<Deps, 'settings'>,
  locals: { flags?: Flags },
): Promise<Flags> {
  locals.flags ??= evaluateFlags(await settings.flags());
  return locals.flags;
}
