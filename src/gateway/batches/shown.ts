import { type Kept, keyOf, type Owned } from '../../core/owned.ts'
import type { BatchRow } from '../../db/batch.ts'
import { batches } from '../../db/batches.ts'
import { claiming } from '../exchange/claiming.ts'
import type { Gate } from '../gate.ts'
import { kinds } from '../kinds/kinds.ts'
import type { OnShown } from '../observe/observer.ts'
import type { GatewayRoute } from '../routes/table.ts'

/** Lines store nothing, and name nothing that their answers would go on from. */
const LINE = { references: [], stored: false } as const

/** What the results of a batch show that is its project's, as the reply to a live call may: containers that tools have made, and their files. */
export class ShownByLines {
  readonly #gate: Pick<Gate, 'owners' | 'now' | 'log'>
  readonly #batch: BatchRow
  readonly #route: GatewayRoute
  readonly #hasContainers: boolean
  readonly #found = new Map<string, Owned>()

  /** @param route of its lines */
  constructor(gate: Pick<Gate, 'owners' | 'offers' | 'now' | 'log'>, batch: BatchRow, route: GatewayRoute) {
    this.#gate = gate
    this.#batch = batch
    this.#route = route
    this.#hasContainers = gate.offers.get('containers')?.includes(batch.upstream ?? '') === true
  }

  /** Who is told of what one line's answer shows; null: nothing that it may show has an owner. */
  ofLine(): OnShown | null {
    if (!this.#hasContainers) return null
    const { organization_id: organizationId, project_id: projectId, upstream } = this.#batch
    const claim = (one: Owned) => {
      const isNew = !this.#found.has(keyOf(one))
      this.#found.set(keyOf(one), { kind: one.kind, id: one.id })
      return isNew
    }
    const call = { grant: { rules: { organizationId, projectId } }, route: this.#route }
    return claiming({ claim }, call, { ...LINE, hasContainers: this.#hasContainers }, upstream ?? '')
  }

  /** Makes what lines have shown so far the project's. Nobody has heard of it before: the files of the results are shown when all is settled. */
  async keep(): Promise<void> {
    const { owners, now, log } = this.#gate
    const { id, organization_id: organizationId, project_id: projectId, upstream } = this.#batch
    const seconds = Math.floor(now() / 1000)
    const kept = [...this.#found.values()].map(({ kind, id }): Kept => {
      const { lifeSeconds } = kinds[kind]
      return { kind, id, label: null, expiresAt: lifeSeconds === null ? null : seconds + lifeSeconds }
    })
    this.#found.clear()
    // In one order, so that two nodes with the same ids cannot deadlock.
    kept.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    for (const some of batches(kept)) {
      const strange = await owners.keep(some, { organizationId, projectId, upstream: upstream ?? '' })
      if (strange.length === 0) continue
      const what = "results show what is another's: it stays that"
      log.error({ batch: id, upstream, strange: strange.map(keyOf) }, what)
    }
  }
}
