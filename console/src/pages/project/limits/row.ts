import type { Item } from '../../../api/operations.ts'

type Use = Pick<Item<'GET /v1/organization/projects/:project_id/rate_limits/usage'>, 'id' | 'model' | 'limits'>
type Limit = Item<'GET /v1/organization/projects/:project_id/rate_limits'>
type Level = Use['limits'][number]
type Dimension = Level['dimension']

/** What each limit counts, in the order in which they stand. */
export const dimensions: Record<Dimension, string> = {
  max_requests_per_1_minute: 'Requests a minute',
  max_tokens_per_1_minute: 'Tokens a minute',
  max_images_per_1_minute: 'Images a minute',
  max_audio_megabytes_per_1_minute: 'Audio megabytes a minute',
  max_requests_per_1_day: 'Requests a day',
  batch_1_day_max_input_tokens: 'Input tokens of running batches',
}

/** The API's sign for "not limited". */
export const UNLIMITED = 2_147_483_647

/** A model in one of the things that are counted. */
export type Row = {
  key: string
  /** The rate limit, as the change of it names it. */
  id: string
  model: string
  dimension: Dimension
  counts: string
  /** The project's own maximum; null: it has set none. */
  own: number | null
  organization: number | null
  /** The limit that binds: of the project's and the organization's that of which less is left. Null: nothing limits, or what does is not told. */
  binding: Level | null
}

/** The models of a page, each in all that is counted of it. Who may not see the use, or not the limits, sees the other. */
export function rowsOf(uses: readonly Use[] | undefined, limits: readonly Limit[] | undefined): Row[] {
  const byId = new Map(limits?.map((limit) => [limit.id, limit]))
  return (uses ?? limits ?? []).flatMap(({ id, model }): Row[] => {
    const limit = byId.get(id)
    const told = uses?.find((use) => use.id === id)?.limits ?? []
    const levels = told.filter(({ maximum }) => maximum !== UNLIMITED)
    const counted = (Object.keys(dimensions) as Dimension[]).filter(
      (dimension) => limit?.[dimension] !== undefined || levels.some((level) => level.dimension === dimension),
    )
    return counted.map((dimension) => {
      const these = levels.filter((level) => level.dimension === dimension)
      const maximum = (scope: Level['scope']) => these.find((level) => level.scope === scope)?.maximum ?? null
      const holds = limit?.[dimension] ?? UNLIMITED
      return {
        ...{ key: `${id} ${dimension}`, id, model, dimension, counts: dimensions[dimension] },
        own: uses ? maximum('project') : holds === UNLIMITED ? null : holds,
        organization: maximum('organization'),
        binding: these.reduce<Level | null>(
          (least, level) => (least && left(least) <= left(level) ? least : level),
          null,
        ),
      }
    })
  })
}

const left = ({ remaining, maximum }: Level) => remaining ?? maximum

/** The row that holds for models that have none, as the API calls it. */
export const DEFAULT_ROW = '*default'

/** What a row is called. */
export const nameOf = (model: string): string => (model === DEFAULT_ROW ? 'All other models' : model)
