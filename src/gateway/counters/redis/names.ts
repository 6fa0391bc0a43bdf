import type { Window } from '../../limits/limiter.ts'

/**
 * The names of windows among their organization's keys, in the windows' order. They are cut out once for each list of windows, which is the
 * same one for all calls of a model in a project.
 */
export class Names {
  readonly #from: number
  readonly #known = new WeakMap<readonly Window[], readonly string[]>()

  constructor(organizationId: string) {
    this.#from = organizationId.length + 1
  }

  of(windows: readonly Window[]): readonly string[] {
    const known = this.#known.get(windows)
    if (known) return known
    const names = windows.map(({ key }) => key.slice(this.#from))
    this.#known.set(windows, names)
    return names
  }
}
