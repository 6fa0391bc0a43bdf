import type { CatalogueModel } from '../../core/catalogue.ts'
import { isSeenBy } from '../../core/model-projects.ts'
import type { ModelCatalogue } from './model-catalogue.ts'
import type { Asking, Models } from './models.ts'

type All = Pick<ModelCatalogue, 'current' | 'silent' | 'models' | 'find' | 'lookUp' | 'shown'>

/** The models of this server as projects see them: whoever asks for one of another project's is told what is told of one that nobody has. */
export class ModelsOfProjects implements Models {
  readonly #all: All

  constructor(all: All) {
    this.#all = all
  }

  get current() {
    return this.#all.current
  }

  get silent() {
    return this.#all.silent
  }

  models() {
    return this.#all.models()
  }

  find(project: Asking, id: string) {
    return seen(project, this.#all.find(id))
  }

  lookUp(project: Asking, id: string) {
    const found = this.#all.lookUp(id)
    return found instanceof Promise ? found.then((model) => seen(project, model)) : seen(project, found)
  }

  shown(project: Asking, id: string) {
    return this.find(project, id) === null ? null : this.#all.shown(id)
  }
}

const seen = ({ projectId }: Asking, model: CatalogueModel | null) =>
  model !== null && isSeenBy(model, projectId) ? model : null
