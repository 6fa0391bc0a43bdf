/** What is done again and again by one alone, of all threads of all nodes that work on a database. */
export type Job = {
  /** One for all nodes, and for the versions before and after this one. */
  name: string
  /** Milliseconds between the end of one run and the beginning of the next. */
  everyMs: number
  /**
   * Does what there is to do. It may be run again after any step that it has begun, here or elsewhere, and a holder that stood still may
   * come to itself when another has taken over: what it changes in the database it makes depend on what it has read there.
   * @param signal is aborted when this is to stop, or when the lease may be lost: after the step at hand it begins no other
   * @throws anything: it is logged, and the job is run again later
   */
  run: (signal: AbortSignal) => Promise<void>
}
