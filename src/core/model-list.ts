import { type Catalogue, type CatalogueModel, plainModel } from './catalogue.ts'

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

export type Offer = {
  models: Catalogue
  /** How each model is shown. */
  shown: ReadonlyMap<string, ShownModel>
}

/**
 * The models of a server: those of the configuration, and those that upstreams list besides. A name that only stands behind a
 * configured model's own is no model by itself: it would be that model without its price and its limits.
 * @param before what held until now: models of which nothing has changed stay the same objects
 */
export function offerOf(configured: Catalogue, lists: ModelLists, before: Catalogue = new Map()): Offer {
  const models = new Map<string, CatalogueModel>(configured)
  const shown = new Map<string, ShownModel>()
  const servers = new Map<string, string[]>()
  const objects = new Map<string, Map<string, ListedModel>>()
  for (const [upstream, list] of lists) {
    const listed = new Map<string, ListedModel>()
    objects.set(upstream, listed)
    for (const model of list) {
      if (listed.has(model.id)) continue
      listed.set(model.id, model)
      if (configured.has(model.id) || isHidden(configured, model.id, upstream)) continue
      const serving = servers.get(model.id)
      if (serving) serving.push(upstream)
      else servers.set(model.id, [upstream])
    }
  }
  for (const [id, upstreams] of servers) {
    const known = before.get(id)
    const same = known && !configured.has(id) && known.upstreams.join('\n') === upstreams.join('\n')
    models.set(id, same ? known : plainModel(id, upstreams))
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
  for (const model of configured.values()) {
    if (model.upstreamName === upstreamName && model.id !== upstreamName && model.upstreams.includes(upstream))
      return true
  }
  return false
}
