import type { Catalogue, CatalogueModel } from '../../core/catalogue.ts'
import type { ShownModel } from '../../core/model-list.ts'

/** The models of this server, as the gate asks for them. */
export interface Models {
  /** What is known now. */
  readonly current: Catalogue
  /** Whether no upstream ever answered, so that nothing can be said of what they offer. */
  readonly silent: boolean
  /** What is known; the first call of all waits a moment for the upstreams. */
  models: () => Promise<Catalogue>
  /** A model that is known now. */
  find: (id: string) => CatalogueModel | null
  /** A model that can be asked for; null where there is none. A promise only where the upstreams are asked first. */
  lookUp: (id: string) => CatalogueModel | null | Promise<CatalogueModel | null>
  /** How a model is shown; null where nobody lists it. */
  shown: (id: string) => ShownModel | null
}
