import { ADMIN_KEY, applyLoad, processorMs, type Running, startGatehouse, startProgram } from './processes.ts'
import { median, round } from './statistics.ts'

const ROUNDS = 7
const CONNECTIONS = 32
const BUSY_MS = 700
const QUIET_MS = 300
const WARM_MS = 1500

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
  const load = ({ url }: Running, connections: number, ms: number) =>
    applyLoad({
      url: `${url}/v1/chat/completions`,
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: question,
      connections,
      ms,
    })
  /** Under load: requests per second, and microseconds of processor time that each cost this process. */
  const busy = async (server: Running) => {
    const before = await processorMs(server.pid)
    const { perSecond, requests } = await load(server, CONNECTIONS, BUSY_MS)
    const after = await processorMs(server.pid)
    return { perSecond, processorUs: before === null || after === null ? null : ((after - before) / requests) * 1000 }
  }
  const quiet = async (server: Running) => (await load(server, 1, QUIET_MS)).p50
  for (const server of [relay, gateway]) await load(server, CONNECTIONS, WARM_MS)

  const rounds: Round[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const [bare, ours] = [await busy(relay), await busy(gateway)]
    rounds.push({
      bare,
      ours,
      direct: await quiet(upstream),
      relayed: await quiet(relay),
      guarded: await quiet(gateway),
    })
  }
  return report(rounds)
}

type Busy = { perSecond: number; processorUs: number | null }
type Round = { bare: Busy; ours: Busy; direct: number; relayed: number; guarded: number }

function report(rounds: Round[]): string[] {
  const middle = (value: (one: Round) => number, digits = 0) => round(median(rounds.map(value)), digits)
  const ratio = (value: (one: Round) => number) =>
    `${middle(value, 2)} (rounds: ${rounds.map((one) => round(value(one), 2)).join(' ')})`
  const us = (value: (one: Round) => number) => `${middle((one) => value(one) * 1000)} us`
  const cost = ({ processorUs }: Busy) => processorUs ?? Number.NaN
  return [
    `gateway, warm key, ${CONNECTIONS} connections: ${middle(({ ours }) => ours.perSecond)} requests/s; bare relay ${middle(({ bare }) => bare.perSecond)}/s`,
    `gateway, throughput as a share of the bare relay's: ${ratio(({ ours, bare }) => ours.perSecond / bare.perSecond)}`,
    ...(rounds.every(({ ours }) => ours.processorUs !== null)
      ? [
          `gateway, processor time per request: ${middle(({ ours }) => cost(ours))} us; bare relay ${middle(({ bare }) => cost(bare))} us`,
          `gateway, processor time as a multiple of the bare relay's: ${ratio(({ ours, bare }) => cost(ours) / cost(bare))}`,
        ]
      : []),
    `gateway, latency added at 1 connection: ${us(({ guarded, direct }) => guarded - direct)}; bare relay ${us(({ relayed, direct }) => relayed - direct)}; direct call ${us(({ direct }) => direct)}`,
    `gateway, latency added as a multiple of the bare relay's: ${ratio(({ guarded, relayed, direct }) => (guarded - direct) / (relayed - direct))}`,
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
