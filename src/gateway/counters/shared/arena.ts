import { LOCK } from './header.ts'
import { Lock } from './lock.ts'
import { type Layout, layoutOf, type SharedMemory } from './memory.ts'
import { Undo } from './undo.ts'

/** The memory as one thread sees it: its words, and how they are changed, all of a change or nothing of it. */
export class Arena {
  readonly memory: SharedMemory
  readonly layout: Layout
  readonly ints: Int32Array
  readonly floats: Float64Array
  readonly bigs: BigInt64Array
  readonly lock: Lock
  readonly undo: Undo

  /** @param index of the thread; that of the machine is `memory.threads` */
  constructor(memory: SharedMemory, index: number) {
    this.memory = memory
    this.layout = layoutOf(memory)
    this.ints = new Int32Array(memory.bytes)
    this.floats = new Float64Array(memory.bytes)
    this.bigs = new BigInt64Array(memory.bytes)
    this.lock = new Lock(this.ints, index)
    this.undo = new Undo(this.ints, this.layout.log)
  }

  /** Makes a change under the lock: all of it, or, where it throws, nothing. The calls' own way does the same without a closure. */
  change<T>(work: () => T): T {
    this.lock.take()
    try {
      const made = work()
      this.commit()
      return made
    } catch (error) {
      this.rollback()
      throw error
    }
  }

  /** Ends a change that is whole. */
  commit(): void {
    this.undo.forget()
    this.lock.free()
  }

  /** Ends a change as if it had not begun. */
  rollback(): void {
    this.undo.replay()
    this.lock.free()
  }

  /** Undoes what a thread that is no more was changing, where it was: only of one that has ended for certain. */
  bury(index: number): void {
    if (Atomics.load(this.ints, LOCK) === index + 1) this.rollback()
  }
}
