import type { Catalogue, CatalogueModel } from './catalogue.ts'

/** How a configuration names all projects. */
export const EVERY_PROJECT = '*'
/** Whether a project may know of a model: to others it is not there. */
export const isSeenBy = ({ projects }: Pick<CatalogueModel, 'projects'>, projectId: string): boolean =>
  projects === null || projects.has(projectId)

const owned = new WeakMap<Catalogue, readonly CatalogueModel[]>()

/** The models that are not everybody's, looked for once in a catalogue. */
export function ownedIn(catalogue: Catalogue): readonly CatalogueModel[] {
  let found = owned.get(catalogue)
  if (found === undefined) {
    found = [...catalogue.values()].filter(({ projects }) => projects !== null)
    owned.set(catalogue, found)
  }
  return found
}

/** Whether there is a model that a project may not know of. */
export const hidesFrom = (catalogue: Catalogue, projectId: string): boolean =>
  ownedIn(catalogue).some((model) => !isSeenBy(model, projectId))

/** The models of which some of these projects may know; where that is all, the same catalogue. */
export function seenBy(catalogue: Catalogue, projectIds: readonly string[]): Catalogue {
  const isSeen = (model: CatalogueModel) =>
    model.projects === null || projectIds.some((projectId) => isSeenBy(model, projectId))
  if (ownedIn(catalogue).every(isSeen)) return catalogue
  return new Map([...catalogue].filter(([, model]) => isSeen(model)))
}
