import type { Catalogue, CatalogueModel } from '../../core/catalogue.ts'
import type { ShownModel } from '../../core/model-list.ts'
import type { ProjectIds } from '../rules/rule.ts'

/** The project that asks. */
export type Asking = Pick<ProjectIds, 'projectId'>

/** The models of this server, as the gate asks for them: what belongs to other projects than the one that asks is not there. */
export interface Models {
  /** All that are known now, whosever they are: limits are worked out with it. */
  readonly current: Catalogue
  /** Whether no upstream ever answered, so that nothing can be said of what they offer. */
  readonly silent: boolean
  /** All that are known, whosever they are; the first call of all waits a moment for the upstreams. */
  models: () => Promise<Catalogue>
  /** A model that is known now. */
  find: (project: Asking, id: string) => CatalogueModel | null
  /** A model that can be asked for; null where there is none. A promise only where the upstreams are asked first. */
  lookUp: (project: Asking, id: string) => CatalogueModel | null | Promise<CatalogueModel | null>
  /** How a model is shown; null where nobody lists it. */
  shown: (project: Asking, id: string) => ShownModel | null
}
