import { countersSuite, type Made, ORGANIZATION, PROJECTS } from '../../../test/gateway/counters-suite.ts'
import { FarCounters, inMemory } from '../../../test/gateway/counting.ts'

function near(): Made {
  const time = { ms: 12_345.678 }
  const { accounts, counters } = inMemory({ clock: () => time.ms })
  for (const project of ['', ...PROJECTS]) accounts.open(ORGANIZATION, project).loaded = true
  return { counters, time, lose() {} }
}

/** Some turns of the loop, another number each time: what was asked first is not always answered first. */
function turns(): () => Promise<void> {
  let asked = 0
  return async () => {
    for (let left = (asked++ * 7) % 4; left > 0; left--) await new Promise(setImmediate)
  }
}

countersSuite('in memory', near, 200)

countersSuite(
  'at the end of a slow line that loses things',
  () => {
    const { counters, time } = near()
    const far = new FarCounters(counters, turns())
    return {
      counters: far,
      time,
      lose: (operation, losses) => {
        const lost = operation === 'take' ? far.lostTakes : far.lostSettles
        lost.splice(0, lost.length, ...losses)
      },
    }
  },
  60,
)
