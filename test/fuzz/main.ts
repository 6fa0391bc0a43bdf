import { openSeededRun } from '../support/seeded-run.ts'

/*
 * Sends requests that are made from the contract's schemas and the routes' declarations.
 *   node test/fuzz/main.ts [--requests 20000] [--postgres] [--seed N]
 * The seed decides what is asked. The exit code is 1 where an answer, or what is stored, is not as it must be.
 */
await using run = await openSeededRun('requests', 20_000)
const { amount: requests, database, seed, say } = run
const { fuzz } = await import('./fuzz.ts')
say(`fuzz on ${database}, ${requests} requests, seed ${seed}`)
const begun = performance.now()
const { statuses, faults, grownMb } = await fuzz({ database, seed, requests, say })
for (const fault of faults) say(`FAULT ${fault}`)
say(
  `  ${JSON.stringify(statuses)}; ${grownMb.toFixed(1)} MB more held than after a quarter; ${Math.round((performance.now() - begun) / 1000)} s`,
)
say(`${requests} requests, ${faults.length === 0 ? 'no fault' : `${faults.length} faults`}; again: --seed ${seed}`)
run.ends(faults.length > 0)
