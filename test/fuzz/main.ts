import { parseArgs } from 'node:util'
import { newSeed } from '../support/seeded.ts'
import { openSeededRun } from '../support/seeded-run.ts'

/*
 * Sends requests that are made from the contract's schemas and the routes' declarations.
 *   node test/fuzz/main.ts [--requests 20000] [--postgres] [--seed N]
 * Or has replies of model servers, changed at random, read by our own client and by Node's.
 *   node test/fuzz/main.ts --replies 200000 [--seed N]
 * The seed decides what is asked, or said. The exit code is 1 where an answer, or what is stored, is not as it must be.
 */
if (process.argv.some((argument) => argument.startsWith('--replies'))) await runReplies()
else await runRequests()

async function runRequests() {
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
}

async function runReplies() {
  const { values } = parseArgs({ options: { replies: { type: 'string' }, seed: { type: 'string' } } })
  const replies = Number(values.replies)
  const seed = values.seed === undefined ? newSeed() : Number(values.seed)
  if (!(replies > 0) || !Number.isInteger(seed)) throw new Error('--replies takes how many, --seed a whole number')
  const { fuzzReplies } = await import('./replies/fuzz.ts')
  const { taken, refused, faults } = await fuzzReplies({ seed, replies })
  const say = (line: string) => process.stdout.write(`${line}\n`)
  for (const fault of faults) say(`FAULT ${fault}`)
  say(`${taken} replies taken, ${refused} refused; ${faults.length} faults; again: --seed ${seed}`)
  if (faults.length > 0) process.exitCode = 1
}
