import { parseArgs } from 'node:util'
import { newSeed } from '../support/seeded.ts'
import { SHARED_POSTGRES, sharePostgres } from '../support/shared-postgres.ts'

/*
 * Lets the gate run among faults for a while, and compares all that keep count of it.
 *   node test/soak/main.ts [--seconds 45] [--postgres] [--seed N]
 * The seed decides what every call is; how they meet is the machine's. The exit code is 1 where there is a difference.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '45' },
    postgres: { type: 'boolean', default: false },
    seed: { type: 'string' },
  },
})
const seconds = Number(values.seconds)
const seed = values.seed === undefined ? newSeed() : Number(values.seed)
if (!(seconds > 0)) throw new Error('--seconds takes how long it is to run')
if (!Number.isInteger(seed)) throw new Error('--seed takes a whole number')
const say = (line: string) => void process.stdout.write(`${line}\n`)

await using postgres = await sharePostgres()
process.env[SHARED_POSTGRES] = postgres.url
// Only now: whoever gives out databases asks for this address when it is loaded.
const { soak } = await import('./soak.ts')
const database = values.postgres ? 'postgres' : 'sqlite'
say(`soak on ${database} for ${seconds} s, seed ${seed}`)
const { calls, sides, differences } = await soak({ database, seed, until: { seconds } })
for (const line of sides) say(`  ${line}`)
for (const difference of differences) say(`DIFFERENT ${difference}`)
say(
  `${calls} calls, ${differences.length === 0 ? 'no difference' : `${differences.length} differences`}; again: --seed ${seed}`,
)
// What stops PostgreSQL ends the process with an exit code of its own.
process.once('exit', () => {
  if (differences.length > 0) process.exitCode = 1
})
