import type { Redis } from './connection.ts'
import { Script } from './script.ts'

const KEPT_MS = 60_000

/**
 * The least question that only a Redis answers which can count: a script that writes. One that is full, has become a replica, lacks
 * those that it needs, or lets its user do too little answers others and not this.
 * @param prefix of all keys
 */
export function questionTo(redis: Redis, prefix: string): () => Promise<unknown> {
  const write = new Script(redis, `return redis.call('set', KEYS[1], '1', 'px', ${KEPT_MS})`)
  const key = `${prefix}:asked`
  return () => write.run([key], [])
}
