/** A limit and what it is counted under. Windows with one key are one bucket, whatever limit each call brings for it. */
export type Window = {
  key: string
  /** Units a period; at least 0. */
  limit: number
  periodMs: number
}

/** What a call took. */
export interface Taken {
  /**
   * Corrects what was taken to what was used, window by window as they were taken; once. A cost that is no amount stays as
   * it was taken.
   */
  settle: (costs: readonly number[]) => void
}

/** All windows of a call had room and were charged, or one had none and nothing has changed. */
export type Decision =
  | {
      taken: Taken
      /** Each window's level with the call in it. */
      levels: readonly number[]
    }
  | {
      taken: null
      levels: readonly number[]
      /** Units of each window that drain in one of its periods now: its limit, or the higher one it was last used under. */
      paces: readonly number[]
    }

/** Counts what was used. Windows are named and costs are numbers, so that the counters can be anywhere. */
export interface Limiter {
  /**
   * Charges all windows or none. A cost of 0 only asks for the level.
   * @param windows with different keys
   * @param costs for each window, finite and at least 0
   * @throws ApiError 503 where nothing more can be counted
   */
  take: (windows: readonly Window[], costs: readonly number[]) => Decision | Promise<Decision>
}
