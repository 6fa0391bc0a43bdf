import type { MessagePort } from 'node:worker_threads'
import type { Config } from '../config/settings.ts'
import type { ChangesLine } from '../db/changed-across.ts'
import type { BodyMemory } from '../gateway/body/shared-budget.ts'
import type { RedisLine } from '../gateway/counters/redis/line.ts'
import type { SharedMemory } from '../gateway/counters/shared/memory.ts'
import type { LocalLine } from '../listener/introduced.ts'
import type { SharedPort } from '../listener/serve.ts'

/** What a thread is started with: all that it has of the machine, as it crosses between threads. */
export type ThreadStart = {
  /** Which of the threads it is, from 0. Another that is started in its place is the same. */
  index: number
  /** With the port that was claimed. */
  config: Config
  logLevel: string
  aheadSeconds: Int32Array | null
  /** Where the machine answers for its doors. */
  machine: LocalLine
  port: SharedPort
  lines: ThreadLines
  database: {
    /** Whether it is there: see `Dependency`. */
    flag: Int32Array
    /** Of this thread, at most. */
    connections: number
    /** Whether a pooler stands before it. */
    pooled: boolean
  }
}

/** The thread's ends of what is counted, written and heard of in common. */
export type ThreadLines = {
  changes: ChangesLine
  ledger: MessagePort
  counters: SharedMemory
  /** Where the threads count in Redis. */
  redis: RedisLine | null
  bodies: BodyMemory
}
