import type { KyselyPlugin } from 'kysely'
import type { DatabaseKind } from './databases.ts'
import { Recorder } from './recorder.ts'

/** Holds the answers of statements whose text has this, until it is told to let go. */
export class Held extends Recorder {
  readonly #held = new WeakSet<object>()
  readonly #text: string
  released = Promise.withResolvers<void>()
  waiting = 0

  constructor(kind: DatabaseKind, text: string) {
    super(kind)
    this.#text = text
  }

  /** Holds those that come from now on. */
  hold() {
    this.waiting = 0
    this.released = Promise.withResolvers<void>()
  }

  /** Holds no others from now on. @returns what lets go of those that wait */
  holdNoMore(): () => void {
    const { resolve } = this.released
    this.released = Promise.withResolvers()
    this.released.resolve()
    return resolve
  }

  override transformQuery(query: Parameters<KyselyPlugin['transformQuery']>[0]) {
    const before = this.times(this.#text)
    const node = super.transformQuery(query)
    if (this.times(this.#text) > before) this.#held.add(query.queryId)
    return node
  }

  override transformResult: KyselyPlugin['transformResult'] = async ({ queryId, result }) => {
    if (this.#held.has(queryId)) {
      this.waiting++
      await this.released.promise
    }
    return result
  }
}
