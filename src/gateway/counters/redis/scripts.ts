import { readFileSync } from 'node:fs'
import type { Redis } from '../../../redis/connection.ts'
import { Script } from '../../../redis/script.ts'

const text = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')

/** What the scripts say first: Redis' time in microseconds, and whether they did what they were asked. */
export type Answer = [time: number, what: 'ok' | 'late' | 'epoch', ...rest: unknown[]]

/** The two scripts, each with what both begin with. */
export function scriptsFor(redis: Redis): { take: Script; join: Script } {
  const state = text('state.lua')
  return { take: new Script(redis, state + text('take.lua')), join: new Script(redis, state + text('join.lua')) }
}
