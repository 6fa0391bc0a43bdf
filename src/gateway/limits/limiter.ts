/** A limit and what it is counted under. Windows with one key are one bucket, whatever limit each call brings for it. */
export type Window = {
  key: string
  /** Units a period; at least 0. */
  limit: number
  periodMs: number
}

/** What a call took of its windows. */
export interface LimitsTaken {
  /**
   * Corrects what was taken to what was used, window by window as they were taken; once. A cost that is no amount stays as
   * it was taken. No window's level gets higher than `mostOwed`.
   */
  settle: (costs: readonly number[]) => void
}

/** A window had no room for a call, and nothing has changed. */
export type Full = {
  taken: null
  /** Each window's level without the call. */
  levels: readonly number[]
  /** Units of each window that drain in one of its periods now: its limit, or the higher one it was last used under. */
  paces: readonly number[]
}

/** All windows of a call had room and were charged, or one had none. */
export type LimitsDecision =
  | {
      taken: LimitsTaken
      /** Each window's level with the call in it. */
      levels: readonly number[]
    }
  | Full
