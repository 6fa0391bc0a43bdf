import { Dependency, type SchemaStanding, type Told } from '../core/dependency.ts'
import { inTime } from './in-time.ts'
import { migrations } from './migrations/index.ts'
import { schemaStanding } from './schema-standing.ts'
import type { Db } from './tables.ts'

/** How often it is asked, where nobody wants to know, and how long an answer is waited for, in milliseconds. */
const ASKED_MS = 15_000
const PATIENCE_MS = 2000

/**
 * How the schema stands to this program while it runs: another version may migrate the database beside it. Where this one cannot work on it
 * any more it is not ready, and says so once; it is not stopped, since what still works is better than nothing.
 */
export class SchemaHealth {
  readonly #told: Told
  readonly #dependency: Dependency
  #standing: SchemaStanding = 'own'
  #db: Db | null = null
  #asking: Promise<void> | null = null

  constructor(told: Told) {
    this.#told = told
    const words = {
      away: 'this version of Gatehouse cannot work on the database any more: another has changed it. What is asked of it may fail or be wrong; replace it',
      back: 'this version of Gatehouse can work on the database again',
    }
    this.#dependency = new Dependency('schema', words, told)
  }

  /** Asks from time to time until the returned is disposed. @param db a connection that nobody else waits for */
  watch(db: Db): Disposable {
    this.#db = db
    const asking = setInterval(() => void this.ask(), ASKED_MS).unref()
    return {
      [Symbol.dispose]: () => {
        this.#db = null
        clearInterval(asking)
      },
    }
  }

  /**
   * Asks now, for two seconds at most; whoever asks meanwhile shares the answer, and what was known last stands where there is none. Never rejects.
   */
  async ask(): Promise<SchemaStanding> {
    if (this.#db !== null) {
      this.#asking ??= inTime(PATIENCE_MS, schemaStanding(this.#db, migrations))
        .then(this.#is, () => {})
        .finally(() => {
          this.#asking = null
        })
      await this.#asking
    }
    return this.#standing
  }

  readonly #is = (standing: SchemaStanding) => {
    if (this.#db === null || standing === this.#standing) return
    this.#standing = standing
    this.#dependency.is(standing === 'own' || standing === 'newer')
    if (standing === 'newer') this.#told.log.info({}, NEWER)
  }
}

const NEWER = 'a later version of Gatehouse has added to the database: this one goes on'
