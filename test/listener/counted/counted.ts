import v8 from 'node:v8'
import vm from 'node:vm'
import { takeWork, type Work } from './counting.ts'

/*
 * Loaded into a server before anything else: its parent asks for what it has done.
 */

export type Asked = 'work' | 'held'
export type Told = { work: Work } | { held: number }

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void

process.on('message', async (asked: Asked) => {
  if (asked === 'work') process.send?.({ work: await takeWork() } satisfies Told)
  else {
    collect()
    collect()
    const { heapUsed, external } = process.memoryUsage()
    process.send?.({ held: heapUsed + external } satisfies Told)
  }
})
process.channel?.unref()
