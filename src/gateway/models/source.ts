import { isSameList, type ListedModel, type ListState } from '../../core/model-list.ts'
import { NoList } from '../upstreams/forwarding.ts'
import type { ModelSource } from '../upstreams/upstreams.ts'

/** How soon a model server that was not there, or is silent, is asked again: what comes up is known within five seconds. */
const AGAIN_MS = 2500

/** Is told what came of a question. */
export type SourceWatch = {
  /** The list is another one than before. */
  changed: () => void
  /** It could not be read, for another reason than last time; `listed`: it was read earlier. */
  failed: (upstream: string, error: unknown, listed: boolean) => void
}

/**
 * What is known of one upstream's list. One that is away, not ready, or silent is asked again every two and a half seconds until it
 * answers. What a silent one was asked goes on beside that, for ten seconds: a slow list is read, and a server that swallowed a
 * question while it started is found with the next.
 */
export class Source {
  readonly name: string
  /** Null: never read. */
  models: readonly ListedModel[] | null = null
  /** Whether there ever was an answer, be it a list or none. */
  answered = false
  readonly #list: ModelSource['list']
  readonly #watch: SourceWatch
  /** Whether it could not be read last time for a reason that may be over in a moment. */
  #isAway = false
  /** Why the list could not be read last time; null where it could, or nobody tried. */
  #why: string | null = null
  /** The first outcome of what it is being asked. */
  #outcome: PromiseWithResolvers<void> | null = null
  #asked = 0
  /** The newest question that was answered with a list: what an older one comes to is no news. */
  #heard = 0
  #again: NodeJS.Timeout | undefined

  constructor({ name, list }: ModelSource, watch: SourceWatch) {
    this.name = name
    this.#list = list
    this.#watch = watch
  }

  get state(): ListState {
    if (this.#why !== null) return { state: this.models === null ? 'unread' : 'read_earlier', why: this.#why }
    return { state: this.models === null ? 'not_asked' : 'read' }
  }

  /** Asks for the list, or waits for the outcome where it is being asked. Never rejects. */
  ask(): Promise<void> {
    return this.#outcome?.promise ?? this.#question()
  }

  close(): void {
    clearTimeout(this.#again)
  }

  #question(): Promise<void> {
    this.#outcome ??= Promise.withResolvers()
    clearTimeout(this.#again)
    this.#again = setTimeout(() => {
      if (this.#isAway || this.#outcome !== null) void this.#question()
    }, AGAIN_MS)
    this.#again.unref()
    const { promise } = this.#outcome
    void this.#hear(++this.#asked)
    return promise
  }

  async #hear(question: number): Promise<void> {
    try {
      const models = await this.#list()
      if (question > this.#heard) this.#read(question, models)
    } catch (error) {
      if (question > this.#heard) this.#failed(error)
    }
    this.#outcome?.resolve()
    this.#outcome = null
  }

  #read(question: number, models: readonly ListedModel[]): void {
    this.#heard = question
    this.answered = true
    this.#isAway = false
    this.#why = null
    // What follows from the catalogue is worked out anew only where it is another one.
    if (this.models !== null && isSameList(this.models, models)) return
    this.models = models
    this.#watch.changed()
  }

  #failed(error: unknown): void {
    const isList = error instanceof NoList
    const why = isList ? error.message : 'it does not answer'
    if (isList) this.answered = true
    this.#isAway = !isList || error.isPassing
    const isNews = why !== this.#why
    this.#why = why
    if (isNews) this.#watch.failed(this.name, error, this.models !== null)
  }
}
