import { setTimeout as sleep } from 'node:timers/promises'
import { residentMb } from './processes.ts'

/** The most that a process grows by while something is done, in MB. */
export async function growth(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = await residentMb(pid)
  let most = before
  let over = false
  const watching = (async () => {
    while (!over) {
      most = Math.max(most, await residentMb(pid))
      await sleep(20)
    }
  })()
  await work().finally(() => {
    over = true
  })
  await watching
  return most - before
}
