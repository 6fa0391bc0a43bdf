/** One connection, until it is lost; a Cluster's are one together. */
export interface Line {
  send: (key: string, command: readonly string[]) => Promise<unknown>
  /** Hears what is published on a channel. */
  subscribe: (channel: string, hear: (message: string) => void) => Promise<unknown>
  /** Resolves when it is lost. */
  readonly over: Promise<void>
  readonly failure: unknown
  /** An answer did not come, or came from one who is no master any more: where that means the connection, it is ended. */
  doubt: () => void
  destroy: () => void
}

export type LineLog = {
  info: (message: string) => void
  warn: (fields: object, message: string) => void
}
