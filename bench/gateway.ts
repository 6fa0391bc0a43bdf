import { ADMIN_KEY, applyLoad, startGatehouse, startProgram } from './processes.ts'
import { median, round } from './statistics.ts'

const ROUNDS = 7
const CONNECTIONS = 32
const BUSY_MS = 700
const QUIET_MS = 300

const question = JSON.stringify({
  model: 'bench',
  messages: [{ role: 'user', content: 'What is the meaning of this? '.repeat(20) }],
})

/**
 * The gateway against a bare relay, in front of the same model server. Each round measures one right after the other, so
 * that what else the machine does meets both alike; what is reported is the median of the rounds' ratios.
 */
export async function benchGateway(databaseUrl: string): Promise<string[]> {
  await using upstream = await startProgram('upstream.ts')
  await using relay = await startProgram('relay.ts', upstream.url)
  const env = { GATEHOUSE_DATABASE_URL: databaseUrl, GATEHOUSE_UPSTREAM_URL: `${upstream.url}/v1` }
  await using gateway = await startGatehouse(env)
  const key = await makeKey(gateway.url)
  const load = (url: string, connections: number, ms: number) =>
    applyLoad({
      url: `${url}/v1/chat/completions`,
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: question,
      connections,
      ms,
    })
  for (const { url } of [relay, gateway]) await load(url, CONNECTIONS, BUSY_MS)

  const rates = { relay: [] as number[], gateway: [] as number[], ratio: [] as number[] }
  const times = { direct: [] as number[], relay: [] as number[], gateway: [] as number[], ratio: [] as number[] }
  for (let i = 0; i < ROUNDS; i++) {
    const [bare, ours] = [await load(relay.url, CONNECTIONS, BUSY_MS), await load(gateway.url, CONNECTIONS, BUSY_MS)]
    rates.relay.push(bare.perSecond)
    rates.gateway.push(ours.perSecond)
    rates.ratio.push(ours.perSecond / bare.perSecond)
    const direct = (await load(upstream.url, 1, QUIET_MS)).p50
    const relayed = (await load(relay.url, 1, QUIET_MS)).p50
    const guarded = (await load(gateway.url, 1, QUIET_MS)).p50
    times.direct.push(direct)
    times.relay.push(relayed)
    times.gateway.push(guarded)
    times.ratio.push((guarded - direct) / (relayed - direct))
  }
  const us = (ms: number) => `${round(ms * 1000)} us`
  const added = (values: number[]) => us(median(values) - median(times.direct))
  return [
    `gateway, warm key, ${CONNECTIONS} connections: ${round(median(rates.gateway))} requests/s; bare relay ${round(median(rates.relay))}/s`,
    `gateway, throughput as a share of the bare relay's: ${round(median(rates.ratio), 2)} (rounds: ${rates.ratio.map((one) => round(one, 2)).join(' ')})`,
    `gateway, latency added at 1 connection: ${added(times.gateway)}; bare relay ${added(times.relay)}; direct call ${us(median(times.direct))}`,
    `gateway, latency added as a multiple of the bare relay's: ${round(median(times.ratio), 2)} (rounds: ${times.ratio.map((one) => round(one, 2)).join(' ')})`,
  ]
}

async function makeKey(url: string): Promise<string> {
  const post = async <T>(path: string, body: object): Promise<T> => {
    const reply = await fetch(`${url}/v1/organization/projects${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!reply.ok) throw new Error(await reply.text())
    return (await reply.json()) as T
  }
  const { id } = await post<{ id: string }>('', { name: 'bench' })
  const account = await post<{ api_key: { value: string } }>(`/${id}/service_accounts`, { name: 'bench' })
  return account.api_key.value
}
