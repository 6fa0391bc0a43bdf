import { Bounded } from '../../core/bounded.ts'
import { type Catalogue, type CatalogueModel, offeredInBatches, plainModel } from '../../core/catalogue.ts'
import { isHidden, type ListState, type Offer, offerOf, type ShownModel } from '../../core/model-list.ts'
import { isModelName } from '../../core/model-name.ts'
import type { ModelSource } from '../upstreams/upstreams.ts'
import { Source, type SourceWatch } from './source.ts'

const REFRESH_MS = 60_000
/** How long whoever needs the catalogue waits for the upstreams. */
const PATIENCE_MS = 2000
/** A model that nobody knows is asked for at most this often: made-up names must not become a load. */
const ASK_AGAIN_MS = 5000
/** Most models kept of upstreams that list none; clients choose these names. */
const UNLISTED_KEPT = 1000

/**
 * The models of this server: those of the configuration file and those that the upstreams list, asked again every minute,
 * one that is away every few seconds (`source.ts`).
 * While an upstream does not answer, what it said last stays true, and it keeps the models that it listed first. Of one that
 * never said anything any model may be asked for: many model servers have no list, and would be of no use otherwise.
 */
export class ModelCatalogue {
  readonly #configured: Catalogue
  readonly #sources: readonly Source[]
  readonly #inBatches: ReadonlySet<string>
  readonly #clock: () => number
  readonly #unlisted = new Bounded<string, CatalogueModel>(UNLISTED_KEPT)
  #offer: Offer
  #first: Promise<void> | undefined
  /** Whether every upstream was asked once, so that whoever lists a model keeps it. */
  #askedAll = false
  #refreshing: Promise<void> | null = null
  #refreshedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /**
   * @param failed an upstream's list could not be read, for another reason than last time; `listed`: it was read earlier
   * @param inBatches the upstreams that have batches
   * @param clock milliseconds that never step back
   */
  constructor(
    configured: Catalogue,
    sources: readonly ModelSource[],
    failed: SourceWatch['failed'],
    inBatches: readonly string[] = [],
    clock: () => number = () => performance.now(),
  ) {
    this.#inBatches = new Set(inBatches)
    this.#configured = new Map([...configured].map(([id, model]) => [id, this.#offered(model)]))
    this.#sources = sources.map((source) => new Source(source, { changed: () => this.#merge(), failed }))
    this.#clock = clock
    this.#offer = offerOf(this.#configured, new Map())
  }

  /** What is known now. */
  get current(): Catalogue {
    return this.#offer.models
  }

  /** Whether no upstream ever answered, so that nothing can be said of what they offer. */
  get silent(): boolean {
    return this.#sources.every(({ answered }) => !answered)
  }

  /** How it stands with the list of each upstream, by its name. */
  lists(): Record<string, ListState> {
    return Object.fromEntries(this.#sources.map(({ name, state }) => [name, state]))
  }

  /** The catalogue; the first call of all waits a moment for the upstreams. */
  async models(): Promise<Catalogue> {
    await this.#begun()
    return this.current
  }

  /** A model that is known now. */
  find(id: string): CatalogueModel | null {
    return this.#offer.models.get(id) ?? null
  }

  /** A model that can be asked for; null where there is none. A promise only where the upstreams are asked first. */
  lookUp(id: string): CatalogueModel | null | Promise<CatalogueModel | null> {
    return this.find(id) ?? (isModelName(id) ? this.#lookFor(id) : null)
  }

  /** How a model is shown; null where nobody lists it. */
  shown(id: string): ShownModel | null {
    return this.#offer.shown.get(id) ?? null
  }

  /** Begins to ask the upstreams, and goes on: every minute, and one that is away every few seconds. */
  start(): void {
    void this.#begun()
  }

  close(): void {
    clearInterval(this.#timer)
    for (const source of this.#sources) source.close()
  }

  #begun(): Promise<void> {
    this.#first ??= this.#begin()
    return this.#first
  }

  async #begin(): Promise<void> {
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS)
    this.#timer.unref()
    await patiently(this.#refresh())
  }

  async #lookFor(id: string): Promise<CatalogueModel | null> {
    await this.#begun()
    const known = this.find(id)
    if (known) return known
    const unread = this.#sources.filter(({ models }) => models === null)
    const due = this.#refreshing !== null || this.#clock() - this.#refreshedAt >= ASK_AGAIN_MS
    if (due) {
      const refreshed = this.#refresh()
      // Where nobody ever gave a list there is nothing to wait for.
      if (unread.length < this.#sources.length) await patiently(refreshed)
    }
    return this.find(id) ?? this.#fromUnread(id)
  }

  /** A model that an upstream may have which never listed any; its `*default` limits hold. */
  #fromUnread(id: string): CatalogueModel | null {
    const names = this.#sources
      .filter(({ models, name }) => models === null && !isHidden(this.#configured, id, name))
      .map(({ name }) => name)
    if (names.length === 0) return null
    const kept = this.#unlisted.get(id)
    if (kept?.upstreams.join('\n') === names.join('\n')) return kept
    const model = this.#offered(plainModel(id, names))
    this.#unlisted.set(id, model)
    return model
  }

  #refresh(): Promise<void> {
    if (this.#refreshing === null) this.#refreshedAt = this.#clock()
    this.#refreshing ??= Promise.all(this.#sources.map((source) => source.ask())).then(() => {
      this.#refreshing = null
      this.#askedAll = true
    })
    return this.#refreshing
  }

  #merge(): void {
    const lists = this.#sources.flatMap(({ name, models }) => (models ? [[name, models] as const] : []))
    // At the start the order of the configuration decides, not which upstream is the quickest to answer.
    const before = this.#askedAll ? this.#offer.models : new Map()
    const { models, shown } = offerOf(this.#configured, new Map(lists), before)
    this.#offer = { models: new Map([...models].map(([id, model]) => [id, this.#offered(model)])), shown }
  }

  #offered(model: CatalogueModel): CatalogueModel {
    return offeredInBatches(model, this.#inBatches)
  }
}

/** Waits, but not for long. */
function patiently(work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, PATIENCE_MS)
  timer.unref()
  work.then(resolve, resolve).then(() => clearTimeout(timer))
  return promise
}
