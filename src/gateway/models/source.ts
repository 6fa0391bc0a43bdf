import type { ListedModel, ListState } from '../../core/model-list.ts'
import { NoList } from '../upstreams/forwarding.ts'
import type { ModelSource } from '../upstreams/upstreams.ts'

/** What is known of one upstream's list. */
export class Source {
  readonly name: string
  readonly list: ModelSource['list']
  /** Null: never read. */
  models: readonly ListedModel[] | null = null
  /** Whether there ever was an answer, be it a list or none. */
  answered = false
  /** Why the list could not be read last time; null where it could, or nobody tried. */
  #why: string | null = null

  constructor({ name, list }: ModelSource) {
    this.name = name
    this.list = list
  }

  get state(): ListState {
    if (this.#why !== null) return { state: this.models === null ? 'unread' : 'read_earlier', why: this.#why }
    return { state: this.models === null ? 'not_asked' : 'read' }
  }

  read(): void {
    this.answered = true
    this.#why = null
  }

  /** @returns whether it failed otherwise before, or not at all */
  failed(error: unknown): boolean {
    const why = error instanceof NoList ? error.message : 'it does not answer'
    if (error instanceof NoList) this.answered = true
    const isNews = why !== this.#why
    this.#why = why
    return isNews
  }
}
