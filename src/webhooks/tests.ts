/** Tests that one project makes at once, and all. */
const [OF_PROJECT, OF_ALL] = [2, 32]

/** Counts the tests under way, for which somebody waits: a receiver that hangs must not be asked without end. */
export class Tests {
  readonly #running = new Map<string, number>()
  #all = 0

  /** @returns what says that it is over; null where as many are under way as may be */
  begin({ projectId }: { projectId: string }): (() => void) | null {
    const running = this.#running.get(projectId) ?? 0
    if (running >= OF_PROJECT || this.#all >= OF_ALL) return null
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
