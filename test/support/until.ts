import { setTimeout as sleep } from 'node:timers/promises'
import { givenTime } from './given-time.ts'

/**
 * Waits for a condition.
 * @param ms how long it may take at most, of the time that the machine gives: a minute if left out, which promises nothing
 * @throws Error with its name where it does not come true
 */
export async function until(condition: () => unknown, what: string, ms = 60_000): Promise<void> {
  const deadline = givenTime() + ms
  // Whoever has just been woken late looks once more, for the clock may not know of it yet.
  for (let late = 0; !(await condition()); ) {
    if (givenTime() > deadline && ++late > 2) throw new Error(`waited ${ms} ms in vain: ${what}`)
    await sleep(5)
  }
}

/**
 * Waits for what a server does when time has passed, while it passes: what it notes only after a test has let its time pass waits for as much
 * again, which a test that lets it pass once would wait for in vain.
 * @param pass lets that time pass; it is called about every second
 */
export async function untilPassed(pass: () => unknown, condition: () => unknown, what: string): Promise<void> {
  let looks = 0
  await until(async () => {
    if (++looks % 200 === 0) await pass()
    return condition()
  }, what)
}
