/** How many one project has at once, and all projects, at most. */
export type AtOnceSizes = { project: number; all: number }

/** Counts what is under way for which somebody waits, and which somebody else may let hang: it must not be asked for without end. */
export class AtOnce {
  readonly #sizes: AtOnceSizes
  readonly #running = new Map<string, number>()
  #all = 0

  constructor(sizes: AtOnceSizes) {
    this.#sizes = sizes
  }

  /** @returns what says that it is over; null where as many are under way as may be */
  begin({ projectId }: { projectId: string }): (() => void) | null {
    const running = this.#running.get(projectId) ?? 0
    if (running >= this.#sizes.project || this.#all >= this.#sizes.all) return null
    this.#running.set(projectId, running + 1)
    this.#all++
    return () => {
      const left = (this.#running.get(projectId) ?? 1) - 1
      if (left > 0) this.#running.set(projectId, left)
      else this.#running.delete(projectId)
      this.#all--
    }
  }
}
