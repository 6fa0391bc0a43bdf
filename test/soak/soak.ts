import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../gateway/upstream.ts'
import { passMonthsEnd } from '../support/days.ts'
import { add, NOTHING, type Used, usedBy } from './books.ts'
import { closeClients, makeCall, type Seen } from './client.ts'
import { planOf } from './plan.ts'
import { comesToRest, leftOf, metered, reported, type Sum, spent, total } from './sides.ts'
import { openStage, type Project, type Stage, type StageOptions } from './stage.ts'

export type SoakOptions = StageOptions & {
  /** How long, or how many calls. */
  until: { seconds: number } | { calls: number }
  concurrency?: number
}

/** The sides of the equation in words, and every difference between them: none where all is well. */
export type SoakResult = { calls: number; sides: string[]; differences: string[] }

/** Seconds. The month of what is spent must be one: where it ends within this, the server lives in the next already. */
const MONTH_MARGIN = 600
/** No client and no model server of these waits nearly as long. */
const LONGEST_CALL_MS = 60_000

/**
 * Calls of every kind that end in every way, and then the equation: what reached the model server is what was metered, is what the
 * reports say, is what was spent; and nothing is left reserved.
 */
export async function soak({ concurrency = 64, until: end, ...options }: SoakOptions): Promise<SoakResult> {
  await using stage = await openStage(options)
  passMonthsEnd(stage.app, MONTH_MARGIN)
  const seen: { keyId: string; seen: Seen }[] = []
  const begun = performance.now()
  let next = 0
  const goesOn = () => ('calls' in end ? next < end.calls : performance.now() - begun < end.seconds * 1000)
  const work = async () => {
    while (goesOn()) {
      const plan = planOf(options.seed, next++)
      const key = keyOf(stage.projects, plan.number)
      seen[plan.number] = { keyId: key.id, seen: await ending(makeCall(stage.app.url, key.value, plan), plan.number) }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  closeClients()
  return { calls: seen.length, ...(await balance(stage, options.seed, seen)) }
}

/** @throws Error for a call that does not come to its end in any way: nothing could be compared then */
async function ending(call: Promise<Seen>, number: number): Promise<Seen> {
  const stopped = new AbortController()
  const late = sleep(LONGEST_CALL_MS, null, { signal: stopped.signal }).then(() => {
    throw new Error(`call ${number} has not ended after ${LONGEST_CALL_MS / 1000} s`)
  })
  late.catch(() => {})
  try {
    return await Promise.race([call, late])
  } finally {
    stopped.abort()
  }
}

function keyOf(projects: readonly Project[], number: number) {
  const keys = projects.flatMap(({ keys }) => keys)
  const key = keys[number % keys.length]
  if (key === undefined) throw new Error('no keys')
  return key
}

async function balance(stage: Stage, seed: number, seen: readonly { keyId: string; seen: Seen }[]) {
  const { app, modelServer, counters, projects } = stage
  const differences: string[] = [...modelServer.strange]
  await comesToRest(stage, differences)
  await until(() => counters.open === 0, 'the settling of all calls').catch(() => {
    differences.push(`${counters.open} calls have given back nothing of their limits and money`)
  })
  const expected = expectedOf(stage, seed, seen)
  const [written, shown, money] = [await metered(stage), await reported(stage), await spent(app)]
  for (const [keyId, used] of expected) {
    compare(differences, `key ${keyId}`, used, written.get(keyId) ?? total([]))
    const [a, b] = [written.get(keyId) ?? total([]), shown.get(keyId) ?? total([])]
    if (a.told + a.untold !== a.input + a.output) {
      differences.push(
        `key ${keyId}: ${a.told} tokens in its usage and ${a.untold} that costs alone have; costs: ${say(a)}`,
      )
    }
    if (say(a) !== say(b)) differences.push(`key ${keyId}: metered ${say(a)}; the usage API says ${say(b)}`)
  }
  const all = total(written.values())
  const sums = projects.map((project) => ({
    project,
    sum: total(project.keys.map(({ id }) => written.get(id) ?? total([]))),
  }))
  for (const { project, sum } of sums) {
    const own = money.get(project.id) ?? 0n
    if (own !== sum.nano) differences.push(`project ${project.id}: metered ${sum.nano} nano-dollars, spent ${own}`)
    const tokens = settledOf(stage, project, 'max_tokens_per_1_minute')
    if (tokens !== sum.input + sum.output) {
      differences.push(
        `project ${project.id}: metered ${sum.input + sum.output} tokens, its limits were settled to ${tokens}`,
      )
    }
  }
  const organization = money.get('') ?? 0n
  if (organization !== all.nano)
    differences.push(`metered ${all.nano} nano-dollars, the organization spent ${organization}`)
  if (BigInt(counters.spent) !== all.nano)
    differences.push(`metered ${all.nano} nano-dollars, settled ${counters.spent}`)
  if (counters.again > 0) differences.push(`${counters.again} calls were settled twice`)
  for (const { project, sum } of sums) differences.push(...(await leftOf(stage, project, all.nano, sum.nano)))
  const reached = [...expected.values()].reduce(add, NOTHING)
  const answered = [...modelServer.served.values()].filter(({ status }) => status === 200).length
  return {
    differences,
    sides: [
      `reached the model server: ${modelServer.served.size} calls, ${answered} of them answered; let in ${counters.admitted}`,
      `to be metered:            ${sayUsed(reached)}`,
      `metered:                  ${say(all)}`,
      `the usage API says:       ${say(total(shown.values()))}`,
      `spent:                    $ ${organization} nano; settled $ ${counters.spent} nano; still reserved by ${counters.open} calls`,
    ],
  }
}

function expectedOf({ modelServer, projects }: Stage, seed: number, seen: readonly { keyId: string; seen: Seen }[]) {
  const expected = new Map<string, Used>(projects.flatMap(({ keys }) => keys.map(({ id }) => [id, NOTHING])))
  seen.forEach(({ keyId, seen }, number) => {
    const used = usedBy(planOf(seed, number), seen, modelServer.served.get(number))
    expected.set(keyId, add(expected.get(keyId) ?? NOTHING, used))
  })
  return expected
}

/** What the calls of a project were settled to in one of its own limits. */
function settledOf({ counters }: Stage, { id }: Project, dimension: string): number {
  let sum = 0
  for (const [key, settled] of counters.settled) {
    const [, project, , what] = key.split('/')
    if (project === id && what === dimension) sum += settled
  }
  return sum
}

function compare(differences: string[], whose: string, used: Used, sum: Sum): void {
  for (const what of ['requests', 'input', 'output'] as const) {
    const { least, most } = used[what]
    if (sum[what] < least || sum[what] > most) {
      differences.push(`${whose}: metered ${sum[what]} of ${what}, to be metered ${least} to ${most}`)
    }
  }
}

const say = ({ requests, input, output, nano }: Sum) =>
  `${requests} requests, ${input} input tokens, ${output} output tokens, $ ${nano} nano`

function sayUsed({ requests, input, output }: Used): string {
  const range = ({ least, most }: { least: number; most: number }) =>
    least === most ? `${least}` : `${least} to ${most}`
  return `${range(requests)} requests, ${range(input)} input tokens, ${range(output)} output tokens`
}
