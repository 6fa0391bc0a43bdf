import { mintKey } from '../src/core/key.ts'
import type { Governed } from './governed.ts'
import { chatTo, type Load, measured, WARM, warm } from './measure.ts'
import { applyLoad, type Running } from './processes.ts'
import { medianOf, ratio, round } from './statistics.ts'

const ROUNDS = 5
const CONNECTIONS = 32
const MS = 400

/** What refusing costs: a client in a loop must not keep the server from those who may. */
export async function benchRefusals(
  relay: Running,
  { server, key, limitedKey, narrowKey }: Governed,
): Promise<string[]> {
  const unknown = mintKey('service_account').value
  const load = (key: string, status: number) => ({
    ...chatTo({ server, key }),
    status,
    connections: CONNECTIONS,
    ms: MS,
  })
  const accepted = load(key, 200)
  const refused = {
    '429, over its limit': load(limitedKey, 429),
    '401, scopes too narrow': load(narrowKey, 401),
    '401, unknown key': load(unknown, 401),
    '401, mistyped key': load(`${unknown.slice(0, -1)}${unknown.endsWith('a') ? 'b' : 'a'}`, 401),
  }
  const bare = { ...chatTo({ server: relay, key }), connections: CONNECTIONS, ms: MS }
  // Whichever was measured half compiled would decide the ratio.
  const all = [bare, accepted, ...Object.values(refused)]
  await warm(WARM, async (i) => applyLoad(all[i % all.length] as Load))
  const rounds: { relay: number; accepted: number; refused: Record<string, number> }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const costs: Record<string, number> = {}
    for (const [what, one] of Object.entries(refused)) costs[what] = (await measured(server, one)).processorUs
    rounds.push({
      relay: (await measured(relay, bare)).processorUs,
      accepted: (await measured(server, accepted)).processorUs,
      refused: costs,
    })
  }
  return Object.keys(refused).map((what) => {
    const cost = (one: (typeof rounds)[number]) => one.refused[what] ?? Number.NaN
    const toRelay = ratio(rounds, (one) => cost(one) / one.relay)
    const toAccepted = round(
      medianOf(rounds, (one) => cost(one) / one.accepted),
      2,
    )
    const target = what.startsWith('401') ? 0.5 : 0.6
    return `refusal (${what}), processor time as a multiple of a call's through the bare relay (target ${target}): ${toRelay}; of an accepted call's ${toAccepted}; ${round(medianOf(rounds, cost))} us`
  })
}

/** How exact a limit is against many at the same moment. */
export async function benchExactness(governed: Governed): Promise<string[]> {
  const [limit, connections] = [100, 1000]
  const key = await governed.makeKey(limit)
  const load = { ...chatTo({ server: governed.server, key }), connections, ms: 0, status: null }
  const begun = performance.now()
  const { statuses } = await applyLoad(load)
  // Longer than the requests took, by the start of the process that made them.
  const refilled = ((performance.now() - begun) / 60_000) * limit
  return [
    `limit of ${limit} requests/min, ${connections} requests at the same moment: ${statuses[200] ?? 0} admitted, ${statuses[429] ?? 0} refused; from 99 to ${limit} and what refilled meanwhile, ${round(refilled, 1)} at most`,
  ]
}
