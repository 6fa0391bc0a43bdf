import { parseArgs } from 'node:util'
import { newSeed } from '../support/seeded.ts'
import { SHARED_POSTGRES, sharePostgres } from '../support/shared-postgres.ts'

/*
 * Sends requests that are made from the contract's schemas and the routes' declarations.
 *   node test/fuzz/main.ts [--requests 20000] [--postgres] [--seed N]
 * The seed decides what is asked. The exit code is 1 where an answer, or what is stored, is not as it must be.
 */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    postgres: { type: 'boolean', default: false },
    seed: { type: 'string' },
  },
})
const requests = Number(values.requests)
const seed = values.seed === undefined ? newSeed() : Number(values.seed)
if (!(requests > 0)) throw new Error('--requests takes how many are to be sent')
if (!Number.isInteger(seed)) throw new Error('--seed takes a whole number')
const say = (line: string) => void process.stdout.write(`${line}\n`)

await using postgres = await sharePostgres()
process.env[SHARED_POSTGRES] = postgres.url
// Only now: whoever gives out databases asks for this address when it is loaded.
const { fuzz } = await import('./fuzz.ts')
const database = values.postgres ? 'postgres' : 'sqlite'
say(`fuzz on ${database}, ${requests} requests, seed ${seed}`)
const begun = performance.now()
const { statuses, faults, grownMb } = await fuzz({ database, seed, requests, say })
for (const fault of faults) say(`FAULT ${fault}`)
say(
  `  ${JSON.stringify(statuses)}; ${grownMb.toFixed(1)} MB more held than after a quarter; ${Math.round((performance.now() - begun) / 1000)} s`,
)
say(`${requests} requests, ${faults.length === 0 ? 'no fault' : `${faults.length} faults`}; again: --seed ${seed}`)
// What stops PostgreSQL ends the process with an exit code of its own.
process.once('exit', () => {
  if (faults.length > 0) process.exitCode = 1
})
