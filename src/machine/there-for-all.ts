import type { Dependency } from '../core/dependency.ts'

/**
 * Whether something is there for all threads, each of which finds out by itself: told once, for the machine. What a thread said
 * that has ended stands until the next in its place has asked: it ended, and nothing came back.
 */
export class ThereForAll {
  readonly #dependency: Pick<Dependency, 'is'>
  readonly #away = new Set<number>()

  constructor(dependency: Pick<Dependency, 'is'>) {
    this.#dependency = dependency
  }

  /** @param thread its index @param err why it is away, in words */
  say(thread: number, isThere: boolean, err?: string): void {
    if (isThere) this.#away.delete(thread)
    else this.#away.add(thread)
    this.#dependency.is(this.#away.size === 0, err)
  }
}
