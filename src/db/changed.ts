/** What a change can have touched: a project, or (null) all of an organization. */
export type ChangeScope = { organizationId: string; projectId: string | null }

/** A scope in what somebody said that could be anybody. Null, for what is none, means that anything may have changed. */
export function scopeIn(said: unknown): ChangeScope | null {
  if (typeof said !== 'object' || said === null) return null
  const { organizationId, projectId } = said as Partial<Record<string, unknown>>
  const isProject = projectId === null || typeof projectId === 'string'
  return typeof organizationId === 'string' && isProject ? { organizationId, projectId } : null
}

type Hear = (scope: ChangeScope | null) => void

/** What a gate hears of changes by. */
export interface Changes {
  /** @param hear returns when nothing of that scope is remembered any more; null: anything may have changed */
  subscribe(hear: Hear): void
  /**
   * Tells those who subscribed, before it returns, of every change that was published before it was called, in whatever thread.
   * Whoever is about to believe what it remembers calls it first.
   */
  catchUp(): void
}

/**
 * Where this process hears that something has changed: published by the Administration API when its change is committed, before
 * it is answered, and by the database for what others commit. Whoever remembers something of it subscribes and forgets it.
 */
export class Changed implements Changes {
  readonly #subscribers: Hear[] = []

  subscribe(hear: Hear): void {
    this.#subscribers.push(hear)
  }

  /** Tells all who subscribed; when it returns, they have heard. */
  publish(scope: ChangeScope | null): void {
    for (const hear of this.#subscribers) hear(scope)
  }

  /** In this thread all have heard when `publish` returns. */
  catchUp(): void {}
}
