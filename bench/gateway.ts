import { type Governed, type Place, question, startUngoverned } from './governed.ts'
import { chatTo, type Measured, measured, WARM, warm } from './measure.ts'
import { applyLoad, type Running } from './processes.ts'
import { added, medianOf, ratio, round } from './statistics.ts'

const ROUNDS = 7
const CONNECTIONS = 32
const BUSY_MS = 700
const QUIET_MS = 300
const STREAM_ROUNDS = 5
const STREAM_CONNECTIONS = 4
const STREAM_MS = 1000

type Servers = { upstream: Running; relay: Running; governed: Governed }

/**
 * The fully governed gateway against the bare relay, in front of the same model server. Each round measures one right after the
 * other, so that what else the machine does meets both alike; what is reported is the median of the rounds' ratios.
 */
export async function benchGateway({ upstream, relay, governed }: Servers): Promise<string[]> {
  const { server, key } = governed
  const [direct, bare, ours] = [upstream, relay, server].map((one) => chatTo({ server: one, key }))
  if (!direct || !bare || !ours) return []
  for (const load of [bare, ours]) await warm(WARM, () => applyLoad({ ...load, connections: CONNECTIONS, ms: 1000 }))
  const rounds: Round[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const busy = { connections: CONNECTIONS, ms: BUSY_MS }
    const quiet = { connections: 1, ms: QUIET_MS }
    rounds.push({
      bare: await measured(relay, { ...bare, ...busy }),
      ours: await measured(server, { ...ours, ...busy }),
      direct: await measured(upstream, { ...direct, ...busy }),
      quiet: {
        direct: await measured(upstream, { ...direct, ...quiet }),
        bare: await measured(relay, { ...bare, ...quiet }),
        ours: await measured(server, { ...ours, ...quiet }),
      },
    })
  }
  return report(rounds)
}

type Three = { direct: Measured; bare: Measured; ours: Measured }
type Round = Three & { quiet: Three }

function report(rounds: Round[]): string[] {
  const middle = (value: (one: Round) => number) => round(medianOf(rounds, value))
  const cost = ({ processorUs }: Measured) => processorUs
  const busy = `at ${CONNECTIONS} connections`
  const latencies = (where: string, of: (one: Round) => Three) =>
    (['p50', 'p99'] as const).map(
      (which) =>
        `gateway, ${which} added ${where}: ${added(rounds, (one) => of(one).ours[which] - of(one).direct[which])}; bare relay ${added(rounds, (one) => of(one).bare[which] - of(one).direct[which])}; direct call ${added(rounds, (one) => of(one).direct[which])}`,
    )
  return [
    `gateway, fully governed, ${busy}: ${middle(({ ours }) => ours.perSecond)} requests/s; bare relay ${middle(({ bare }) => bare.perSecond)}/s`,
    `gateway, throughput as a share of the bare relay's (target 0.80): ${ratio(rounds, ({ ours, bare }) => ours.perSecond / bare.perSecond)}`,
    `gateway, processor time per request: ${middle(({ ours }) => cost(ours))} us; bare relay ${middle(({ bare }) => cost(bare))} us`,
    `gateway, processor time as a multiple of the bare relay's (target 1.35): ${ratio(rounds, ({ ours, bare }) => cost(ours) / cost(bare))}`,
    ...latencies('at 1 connection', ({ quiet }) => quiet),
    ...latencies(busy, (one) => one),
  ]
}

/** The same of a gateway in which nothing is set but where its model server is. */
export async function benchUngoverned(place: Place, relay: Running): Promise<string[]> {
  const target = await startUngoverned(place)
  await using _server = target.server
  const [bare, ours] = [chatTo({ server: relay, key: target.key }), chatTo(target)]
  await warm(WARM, () => applyLoad({ ...ours, connections: CONNECTIONS, ms: 1000 }))
  const rounds: { bare: Measured; ours: Measured }[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const busy = { connections: CONNECTIONS, ms: BUSY_MS }
    rounds.push({
      bare: await measured(relay, { ...bare, ...busy }),
      ours: await measured(target.server, { ...ours, ...busy }),
    })
  }
  return [
    `gateway, no rule set, throughput as a share of the bare relay's: ${ratio(rounds, ({ ours, bare }) => ours.perSecond / bare.perSecond)}`,
    `gateway, no rule set, processor time as a multiple of the bare relay's (target 1.25): ${ratio(rounds, ({ ours, bare }) => ours.processorUs / bare.processorUs)}`,
  ]
}

/** Streams of 500 events, one a millisecond: when the first one comes, when the last, and what they cost. */
export async function benchStreams({ relay, governed }: Servers): Promise<string[]> {
  const body = question.replace('{', '{"stream":true,')
  const loads = [relay, governed.server].map((server) => ({
    server,
    load: { ...chatTo({ server, key: governed.key }), body, connections: STREAM_CONNECTIONS },
  }))
  const [bare, ours] = loads
  if (!bare || !ours) return []
  for (const { load } of loads) await applyLoad({ ...load, ms: STREAM_MS * 2 })
  const rounds: { bare: Measured; ours: Measured }[] = []
  for (let i = 0; i < STREAM_ROUNDS; i++) {
    rounds.push({
      bare: await measured(bare.server, { ...bare.load, ms: STREAM_MS }),
      ours: await measured(ours.server, { ...ours.load, ms: STREAM_MS }),
    })
  }
  const what = `stream of 500 events, ${STREAM_CONNECTIONS} connections`
  const both = (of: (one: Measured) => number) =>
    `${added(rounds, ({ ours, bare }) => of(ours) - of(bare))} more than the bare relay's ${added(rounds, ({ bare }) => of(bare))}`
  return [
    `${what}, until the first event: ${both(({ firstP50 }) => firstP50)}`,
    `${what}, until the last: ${both(({ p50 }) => p50)}`,
    `${what}, processor time as a multiple of the bare relay's: ${ratio(rounds, ({ ours, bare }) => ours.processorUs / bare.processorUs)}; ${round(medianOf(rounds, ({ ours }) => ours.processorUs))} us each`,
  ]
}
