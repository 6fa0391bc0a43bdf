import type { DueEndpoint } from '../db/webhook-deliveries.ts'

/** How many deliveries there are at once, at most: altogether, for one project (or of an organization's own), and to one endpoint. */
export type PlacesSizes = { all: number; project: number; endpoint: number }

type Endpoint = Pick<DueEndpoint, 'id' | 'organization_id' | 'project_id'>

/**
 * Places for deliveries, which nobody can take from whoever has one. So that who comes later finds one, nobody gets as many as are free: an organization
 * has at most as many as it leaves free, and a project of it at most as many as it leaves for its other ones. While a quarter is free, a project
 * that has none gets one, however many its organization has, up to half of all.
 */
export class Places {
  readonly #sizes: PlacesSizes
  readonly #held = new Set<Endpoint>()

  constructor(sizes: PlacesSizes) {
    this.#sizes = sizes
  }

  get isFull(): boolean {
    return this.#held.size >= this.#sizes.all
  }

  /** How many one endpoint has at most. */
  get ofEndpoint(): number {
    return this.#sizes.endpoint
  }

  /** Whether an endpoint may have one more. */
  hasRoom(endpoint: Endpoint): boolean {
    return this.#count(({ id }) => id === endpoint.id) < this.#sizes.endpoint && this.#hasProjectRoom(endpoint)
  }

  /** @returns what gives it back */
  take(endpoint: Endpoint): () => void {
    const held = { ...endpoint }
    this.#held.add(held)
    return () => void this.#held.delete(held)
  }

  /** Organizations and projects that have no room for anything more: their ids. */
  crowded(): string[] {
    const ids = new Set<string>()
    for (const endpoint of this.#held) {
      const { organization_id, project_id } = endpoint
      if (!this.#hasRoomBeside(organization_id, 0)) ids.add(organization_id)
      else if (project_id !== null && !this.#hasProjectRoom(endpoint)) ids.add(project_id)
    }
    return [...ids]
  }

  #hasProjectRoom({ organization_id, project_id }: Endpoint): boolean {
    const own = this.#count((one) => one.organization_id === organization_id && one.project_id === project_id)
    return own < this.#sizes.project && this.#hasRoomBeside(organization_id, own)
  }

  /** Whether a project that has so many may have one more, for all that its organization and others have. */
  #hasRoomBeside(organizationId: string, own: number): boolean {
    const { all } = this.#sizes
    const free = all - this.#held.size
    const ofOrganization = this.#count(({ organization_id }) => organization_id === organizationId)
    if (own === 0 && free > all / 4 && ofOrganization < all / 2) return true
    // Each that it takes is one more of its own, and one less that is free.
    return own < Math.ceil((free - ofOrganization) / 2)
  }

  #count(isOne: (held: Endpoint) => boolean): number {
    let count = 0
    for (const one of this.#held) if (isOne(one)) count++
    return count
  }
}
