import { openSeededRun } from '../support/seeded-run.ts'

/*
 * Lets the gate run among faults for a while, and compares all that keep count of it.
 *   node test/soak/main.ts [--seconds 45] [--postgres] [--redis] [--seed N]
 * The seed decides what every call is; how they meet is the machine's. The exit code is 1 where there is a difference.
 */
await using run = await openSeededRun('seconds', 45)
const { amount: seconds, database, counts, seed, say } = run
const { soak } = await import('./soak.ts')
say(`soak on ${database}, counted in ${counts}, for ${seconds} s, seed ${seed}`)
const { calls, sides, differences } = await soak({ database, seed, until: { seconds } })
for (const line of sides) say(`  ${line}`)
for (const difference of differences) say(`DIFFERENT ${difference}`)
say(
  `${calls} calls, ${differences.length === 0 ? 'no difference' : `${differences.length} differences`}; again: --seed ${seed}`,
)
run.ends(differences.length > 0)
