import { type Catalogue, type CatalogueModel, DEFAULT_ROW, plainModel, poolRow } from './catalogue.ts'

/** What is taken of a model that an upstream lists. `created` is in Unix seconds. */
export type ListedModel = {
  id: string
  created?: number
  /** Said by the built-in model server only: elsewhere it may name an account. */
  owned_by?: string
  description?: string
}

/** A model as it is shown. */
export type ShownModel = Required<Omit<ListedModel, 'description'>> & { object: 'model'; description?: string }

/** What each upstream that could be read lists, by the upstream's name. */
export type ModelLists = ReadonlyMap<string, readonly ListedModel[]>

/** How it stands with the list of one upstream; `why` where it could not be read last time, so that an earlier one holds, or none. */
export type ListState = { state: 'not_asked' | 'read' | 'read_earlier' | 'unread'; why?: string }

export type Offer = {
  models: Catalogue
  /** How each model is shown. */
  shown: ReadonlyMap<string, ShownModel>
}

/**
 * The models of a server: those of the configuration, and those that upstreams list besides. Of these each has one upstream:
 * the one that listed it first keeps it for as long as it lists it, so that none takes what is sent to another by claiming its
 * models. A name that only stands behind a configured model's own is no model by itself: it would be that model without its
 * price and its limits. Nor is the name of a row of limits that no model has.
 * @param lists in the order in which upstreams come first where several begin to list a model at once
 * @param before what held until now: models of which nothing has changed stay the same objects
 */
export function offerOf(configured: Catalogue, lists: ModelLists, before: Catalogue = new Map()): Offer {
  const models = new Map<string, CatalogueModel>(configured)
  const shown = new Map<string, ShownModel>()
  const servers = new Map<string, string>()
  const objects = new Map<string, Map<string, ListedModel>>()
  const rows = rowNames(configured)
  for (const [upstream, list] of lists) {
    const listed = new Map<string, ListedModel>()
    objects.set(upstream, listed)
    const hidden = hiddenNames(configured, upstream)
    for (const model of list) {
      const { id } = model
      if (listed.has(id)) continue
      listed.set(id, model)
      if (configured.has(id) || hidden.has(id) || rows.has(id)) continue
      if (!servers.has(id) || before.get(id)?.upstreams[0] === upstream) servers.set(id, upstream)
    }
  }
  for (const [id, upstream] of servers) {
    const known = before.get(id)
    models.set(id, known?.upstreams[0] === upstream ? known : plainModel(id, [upstream]))
  }
  for (const { id, upstreamName, upstreams } of models.values()) {
    const listed = upstreams.map((name) => objects.get(name)?.get(upstreamName)).find((one) => one !== undefined)
    shown.set(id, shownAs(id, listed))
  }
  return { models, shown }
}

/** Whoever names no owner belongs to the organization; a model that says no time is shown with 0. */
function shownAs(id: string, { created = 0, owned_by = 'organization', description }: Partial<ListedModel> = {}) {
  const shown: ShownModel = { id, object: 'model', created, owned_by }
  if (description !== undefined) shown.description = description
  return shown
}

/** Whether an upstream's model goes by another name here: that of a configured one. */
export function isHidden(configured: Catalogue, upstreamName: string, upstream: string): boolean {
  for (const model of configured.values())
    if (model.upstreamName === upstreamName && hides(model, upstream)) return true
  return false
}

/** The names of an upstream that stand behind those of configured models. */
function hiddenNames(configured: Catalogue, upstream: string): ReadonlySet<string> {
  const hiding = [...configured.values()].filter((model) => hides(model, upstream))
  return new Set(hiding.map(({ upstreamName }) => upstreamName))
}

const hides = ({ id, upstreamName, upstreams }: CatalogueModel, upstream: string) =>
  id !== upstreamName && upstreams.includes(upstream)

/** Whether two lists say the same. */
export function isSameList(one: readonly ListedModel[], other: readonly ListedModel[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ id, created, owned_by, description }, i) => {
      const now = other[i]
      return id === now?.id && created === now.created && owned_by === now.owned_by && description === now.description
    })
  )
}

/** Rows of limits that are no model's. Whoever were called so would have the row, and all that it limits, with no maximum. */
export function rowNames(configured: Catalogue): ReadonlySet<string> {
  const pools = [...configured.values()].flatMap(({ sharedPool }) => (sharedPool === null ? [] : [poolRow(sharedPool)]))
  return new Set([DEFAULT_ROW, ...pools])
}
