import { mintKey } from '../src/core/key.ts'
import type { Governed } from './governed.ts'
import { chatTo, measured } from './measure.ts'
import { applyLoad } from './processes.ts'
import { medianOf, ratio, round } from './statistics.ts'

const ROUNDS = 5
const CONNECTIONS = 32
const MS = 400

/** What refusing costs: a client in a loop must not keep the server from those who may. */
export async function benchRefusals({ server, key, limitedKey, narrowKey }: Governed): Promise<string[]> {
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
  for (const one of Object.values(refused)) await applyLoad(one)
  const rounds: { accepted: number; refused: Record<string, number> }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const costs: Record<string, number> = {}
    for (const [what, one] of Object.entries(refused)) costs[what] = (await measured(server, one)).processorUs
    rounds.push({ accepted: (await measured(server, accepted)).processorUs, refused: costs })
  }
  return Object.keys(refused).map((what) => {
    const cost = (one: (typeof rounds)[number]) => one.refused[what] ?? Number.NaN
    const share = ratio(rounds, (one) => cost(one) / one.accepted)
    return `refusal (${what}), processor time as a share of an accepted request's (target 0.5): ${share}; ${round(medianOf(rounds, cost))} us`
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
