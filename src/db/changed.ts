/** What a change can have touched: a project, or (null) all of an organization. */
export type ChangeScope = { organizationId: string; projectId: string | null }

type Hear = (scope: ChangeScope | null) => void

/**
 * Where this process hears that something has changed: published by the Administration API when its change is committed, before
 * it is answered, and by the database for what others commit. Whoever remembers something of it subscribes and forgets it.
 */
export class Changed {
  readonly #subscribers: Hear[] = []

  /** @param hear returns when nothing of that scope is remembered any more; null: anything may have changed */
  subscribe(hear: Hear): void {
    this.#subscribers.push(hear)
  }

  /** Tells all who subscribed; when it returns, they have heard. */
  publish(scope: ChangeScope | null): void {
    for (const hear of this.#subscribers) hear(scope)
  }
}
