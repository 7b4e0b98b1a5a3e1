import type { Request, Response } from 'express';
import type { Deps } from '../../deps.ts';
import { readForm, sentences, typed } from '../../http/forms.ts';
import type { MessageKey, Translate } from '../../i18n/translate.ts';
import { catalogueHash, catalogueVersion, eventNames } from '../../telemetry/catalogue.ts';
import { telemetryChannels } from '../../telemetry/channels.ts';
import { contentsOf, eventWords } from './telemetry-channels.ts';
import type { EventWords, FieldWords } from './telemetry-channels.ts';
import type { DictionaryQuery } from './telemetry.forms.ts';
import { dictionaryQuery } from './telemetry.forms.ts';

/** Everything that an event can say, folded by what it is about; what a search finds stands open. */
export async function showDictionary(deps: Deps, req: Request, res: Response): Promise<void> {
  const { t } = res.locals.functions;
  const asked = readForm(dictionaryQuery, req.query);
  const query: DictionaryQuery = asked.ok ? asked.value : { q: '', leaves: '' };
  const words = query.q.toLowerCase();
  const events = eventNames.map((name) => eventWords(name, new Set(), t));
  const around = telemetryChannels.map((channel) => ({
    name: t(`telemetry.channel.${channel}`),
    around: contentsOf(channel, [], t).around.filter((field) => says(field, words)),
  }));
  await deps.page(
    req,
    res,
    'admin/telemetry-events',
    {
      title: t('dictionary.title'),
      groups: groupsOf(
        events.filter((event) => mentions(event, words) && leavesBy(event, query.leaves)),
        t,
      ),
      // What stands around each payload is of a channel, and leaves with it.
      channels: around.filter((channel) => channel.around.length > 0 && query.leaves === ''),
      is_found: query.q !== '' || query.leaves !== '',
      values: typed(req.query),
      problems: asked.ok ? {} : sentences(asked.problems, t),
      catalogue_version: catalogueVersion,
      catalogue_hash: catalogueHash(),
    },
    asked.ok ? 200 : 422,
  );
}

const says = ({ name, words }: Pick<FieldWords, 'name' | 'words'>, asked: string): boolean =>
  `${name} ${words}`.toLowerCase().includes(asked);

const mentions = (event: EventWords, asked: string): boolean =>
  says(event, asked) ||
  event.properties.some((property) => says(property, asked) || property.values.toLowerCase().includes(asked));

const leavesBy = ({ channels }: EventWords, leaves: DictionaryQuery['leaves']): boolean =>
  leaves === '' || (leaves === 'never' ? channels.length === 0 : channels.includes(leaves));

/** Events by the first part of their names, in the order of the catalogue. */
function groupsOf(events: EventWords[], t: Translate) {
  const subjects = [...new Set(events.map(({ name }) => subjectOf(name)))];
  return subjects.map((subject) => ({
    subject,
    title: t(`dictionary.group.${subject}` as MessageKey),
    events: events.filter(({ name }) => subjectOf(name) === subject),
  }));
}

const subjectOf = (name: string): string => name.split('.', 1)[0] ?? '';
