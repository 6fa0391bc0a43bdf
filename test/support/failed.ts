import { relative } from 'node:path'
import type { EventData } from 'node:test'

/** What a file's own test is called that holds others: each of those that failed is told of itself. */
const HOLDS_OTHERS = 'subtestsFailed'

/** The tests of a run that failed, and whether any did. */
export class Failed {
  any = false
  readonly #lines = new Set<string>()

  /** @param part of the run in which it was, where the run has several */
  add({ name, file, line, todo, details }: EventData.TestFail, part?: string): void {
    if (todo !== undefined && todo !== false) return
    this.any = true
    if ((details.error as { failureType?: string }).failureType === HOLDS_OTHERS) return
    const place = file === undefined ? '' : `${relative('', file)}${line === undefined ? '' : `:${line}`}: `
    this.#lines.add(`${part === undefined ? '' : `${part}: `}${place}${name}`)
  }

  /** Lines with the part, the file and the name of each; empty where none did. */
  list(): string {
    const { size } = this.#lines
    return this.any ? `== failed: ${size}\n${[...this.#lines].map((line) => `  ${line}\n`).join('')}` : ''
  }
}
