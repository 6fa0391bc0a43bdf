/** A limit that had no room for a project's call. */
export type LimitRefusal = {
  organizationId: string
  projectId: string
  /** As rate limits call it: a model, or the pool that it shares with others. */
  model: string
  /** Whose limit it is. */
  scope: 'organization' | 'project'
  dimension: string
}

/** How many calls it had no room for. @property time Unix seconds, the beginning of the five minutes */
export type LimitRefusals = LimitRefusal & { time: number; refused: number }

/** Seconds of which refusals are counted together. */
export const REFUSALS_EVERY = 300

/** Limits of which refusals are counted at once, at most: of others nothing is told meanwhile. */
const MOST = 10_000

/** Refusals until somebody takes them over. What one costs is a look-up. */
export class CountedRefusals {
  readonly #counts = new Map<string, LimitRefusals>()

  get size(): number {
    return this.#counts.size
  }

  /**
   * @param key names the limit and the project, and nothing else
   * @param at Unix seconds
   */
  count(key: string, refusal: LimitRefusal, at: number, refused = 1): void {
    const known = this.#counts.get(key)
    const time = at - (at % REFUSALS_EVERY)
    if (known !== undefined) {
      known.refused += refused
      known.time = time
    } else if (this.#counts.size < MOST) {
      const { organizationId, projectId, model, scope, dimension } = refusal
      this.#counts.set(key, { organizationId, projectId, model, scope, dimension, time, refused })
    }
  }

  /** Takes out as many as this, the oldest first. */
  take(most: number): LimitRefusals[] {
    const taken: LimitRefusals[] = []
    for (const [key, one] of this.#counts) {
      if (taken.length >= most) break
      taken.push(one)
      this.#counts.delete(key)
    }
    return taken
  }
}

/** Names the limit and the project. */
export const refusalKey = ({ organizationId, projectId, model, scope, dimension }: LimitRefusal): string =>
  `${organizationId}/${projectId}/${scope}/${dimension}/${model}`
