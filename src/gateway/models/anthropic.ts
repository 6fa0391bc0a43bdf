import type { CatalogueModel } from '../../core/catalogue.ts'
import type { ShownModel } from '../../core/model-list.ts'
import { wrongValue } from '../invalid.ts'
import { integer } from '../judge/numbers.ts'
import { kept } from '../routes/query.ts'

/** How many models are on a page, where the query does not say, and at most. */
const PAGE = 20
const MOST = 1000
/** Unix seconds of the last moment that has four digits for its year. */
const LATEST = 253_402_300_799

/**
 * A model as the Anthropic API shows it (@anthropic-ai/sdk 1.14). What nobody knows is null, as there; a time that nobody said is
 * the beginning of time.
 * @param known what the catalogue has of it
 */
export function inAnthropic({ id, created }: ShownModel, known: CatalogueModel | null) {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: new Date((created <= LATEST ? created : 0) * 1000).toISOString(),
    max_input_tokens: known?.contextTokens ?? null,
    max_tokens: known?.maxOutputTokens ?? null,
    capabilities: null,
    lifecycle: 'active',
    line: null,
    deprecated_at: null,
    retires_at: null,
  }
}

/**
 * A page of models, the newest first, as that API has its lists.
 * @param all those that may be shown, sorted by id
 * @param url path and query as received
 * @throws ApiError 400 for a query that asks for no page
 */
export function pageInAnthropic(
  all: readonly ShownModel[],
  url: string,
  find: (id: string) => CatalogueModel | null,
): object {
  const models = all.toSorted((a, b) => b.created - a.created)
  const { page, has_more } = cut(models, url)
  const data = page.map((model) => inAnthropic(model, find(model.id)))
  return { data, has_more, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null }
}

function cut(models: readonly ShownModel[], url: string): { page: readonly ShownModel[]; has_more: boolean } {
  const asked = kept({ limit: 'number', after_id: 'text', before_id: 'text' }, url.split('?').slice(1).join('?'))
  const query = new URLSearchParams(asked.query)
  const written = query.get('limit')
  const limit = integer('limit', written === null ? null : Number(written), 1, MOST) ?? PAGE
  const from = indexOf(models, 'after_id', query) + 1
  const until = indexOf(models, 'before_id', query)
  if (until < 0) return { page: models.slice(from, from + limit), has_more: models.length > from + limit }
  // Those right before it, and whether more are before them.
  const start = Math.max(from, until - limit)
  return { page: models.slice(start, until), has_more: start > from }
}

/** Where the model is that a parameter names; -1 where it names none. One that the project may not use is not there. */
function indexOf(models: readonly ShownModel[], param: string, query: URLSearchParams): number {
  const id = query.get(param)
  if (id === null) return -1
  const index = models.findIndex((model) => model.id === id)
  if (index < 0) throw wrongValue(param, 'there is no such model.')
  return index
}
