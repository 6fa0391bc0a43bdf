import { type Catalogue, plainModel } from './core/catalogue.ts'

const REFRESH_MS = 60_000
/** How long a request that needs the catalogue waits for the first answer of the upstream. */
const PATIENCE_MS = 2000

/**
 * The models of this server: those of the configuration file and those the upstream lists, asked again every minute. While
 * the upstream does not answer, what it said last stays true.
 */
export class ModelCatalogue {
  readonly #configured: Catalogue
  readonly #list: () => Promise<string[]>
  readonly #failed: (error: unknown) => void
  #current: Catalogue
  #first: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param list the ids that the upstream offers now */
  constructor(configured: Catalogue, list: () => Promise<string[]>, failed: (error: unknown) => void) {
    this.#configured = configured
    this.#list = list
    this.#failed = failed
    this.#current = configured
  }

  /** The catalogue; the first call of all waits a moment for the upstream. */
  async models(): Promise<Catalogue> {
    this.#first ??= this.#begin()
    await this.#first
    return this.#current
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #begin(): Promise<void> {
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_MS)
    this.#timer.unref()
    const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS).unref())
    await Promise.race([this.#refresh(), patience])
  }

  async #refresh(): Promise<void> {
    try {
      const listed = (await this.#list()).map((id) => [id, plainModel(id)] as const)
      this.#current = new Map([...listed, ...this.#configured])
    } catch (error) {
      this.#failed(error)
    }
  }
}
