import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Client, clients } from './clients.ts'
import { type Place, question, startGoverned, startUngoverned } from './governed.ts'
import { Connections } from './load.ts'
import { chatTo, type Load, measured, type Target, warm } from './measure.ts'
import { OWN_CHECKOUT, startProgram } from './processes.ts'
import { medianOf, round, spread } from './statistics.ts'

const CONNECTIONS = 32
/** As short as the scheduler's account allows: what else the machine does is nearly the same for all three in a round. */
const MS = 80
const STREAM_CONNECTIONS = 4
const WARM_STEP_MS = 500

/**
 * How much is measured of each set of rules: how often gates and relay are started anew, and after each start the requests
 * before the first round, and the rounds. Two processes of the same code differ by 3 %, by what the compiler made of it; and
 * the relay's whole replies cost it a fifth more once streams have gone through it.
 */
export type Extent = { starts: number; warm: number; rounds: number; streamRounds: number }

/** Under four minutes on a quiet machine, and one. */
export const WHOLE: Extent = { starts: 4, warm: 30_000, rounds: 15, streamRounds: 3 }
export const QUICK: Extent = { starts: 2, warm: 20_000, rounds: 12, streamRounds: 0 }

const NAMES = ['this', 'other', 'relay'] as const
type Name = (typeof NAMES)[number]
type Servers = Record<Name, Target>
type Lines = Record<Name, Connections>
/** Microseconds of processor time that a call cost each. */
type Round = Record<Name, number>
/** The rounds of everything that was measured with one set of rules, by what it is. */
type Results = Map<string, Round[]>

const sets: Record<string, (place: Place) => Promise<Target>> = {
  'every rule': startGoverned,
  'no rule': startUngoverned,
}

/**
 * What a call costs this checkout and another one, both in front of the same model server and beside the same bare relay. In each
 * round all three are measured one right after the other, in changing order, and only what was measured in one round is
 * compared: a machine that does much else widens the ratios and does not move them. What is set and who asks matter as much as
 * many a change: rules are about a sixth of a call's ratio to the relay's, and the SDK's ten headers more cost the relay as
 * much as the gate.
 *
 * Of the other checkout nothing is used but `src/main.ts serve`, its settings and the Administration API: what is
 * inside may have moved. The load comes from this process, which does nothing else.
 * @param directory the other checkout, with its node_modules
 * @param folder for the databases
 */
export async function* benchAgainst(directory: string, folder: string, extent: Extent): AsyncGenerator<string> {
  const other = resolve(directory)
  if (!existsSync(join(other, 'src/main.ts')) || !existsSync(join(other, 'node_modules'))) {
    throw new Error(`${other} is no checkout of Gatehouse with its node_modules.`)
  }
  yield `this: ${describe(OWN_CHECKOUT)}; other: ${describe(other)}`
  const count = extent.starts * extent.rounds
  yield `processor time of a chat call at ${CONNECTIONS} connections, in ${count} rounds: the median of their ratios`
  yield '(where it lies with a certainty of 95 %), the least and the most of them'
  yield row('', 'this / other', 'this / relay', 'other / relay', 'us: this, other, relay')
  const all = await clients()
  await using upstream = await startProgram('upstream.ts')
  for (const [rules, start] of Object.entries(sets)) {
    const results: Results = new Map()
    for (let i = 0; i < extent.starts; i++) {
      const startIn = (checkout: string) => {
        const own = mkdtempSync(join(folder, 'gate-'))
        return start({ folder: own, upstreamUrl: upstream.url, checkout })
      }
      await using relay = await startProgram('relay.ts', upstream.url)
      // Whoever is started first keeps no advantage of it, nor a disadvantage.
      const [first, second] = i % 2 === 0 ? [OWN_CHECKOUT, other] : [other, OWN_CHECKOUT]
      const one = await startIn(first)
      await using _one = one.server
      const two = await startIn(second)
      await using _two = two.server
      const [ours, theirs] = i % 2 === 0 ? [one, two] : [two, one]
      const servers = { this: ours, other: theirs, relay: { server: relay, key: 'sk-bench' } }
      const answered = await benchChats(servers, all, extent, results)
      if (answered < extent.warm) yield `measured after ${answered} requests, when not all is compiled yet`
      await benchStreams(servers, all, extent, results)
    }
    for (const [what, rounds] of results) yield report(`${rules}, ${what}`, rounds)
  }
}

/** @returns after how many requests of each the first round began */
async function benchChats(servers: Servers, all: readonly Client[], extent: Extent, results: Results): Promise<number> {
  using lines = await openLines(servers, CONNECTIONS)
  const loadOf = (name: Name, { headers }: Client, ms: number) => ({
    ...chatTo(servers[name], headers),
    connections: CONNECTIONS,
    ms,
  })
  const answered = await warm(extent.warm, async (i) => {
    const client = all[i % all.length] as Client
    const counts: number[] = []
    for (const name of NAMES) counts.push((await lines[name].apply(loadOf(name, client, WARM_STEP_MS))).requests)
    return { requests: Math.min(...counts) }
  })
  for (let i = 0; i < extent.rounds; i++) {
    for (const client of all) {
      keep(results, client.name, await measureRound(servers, lines, i, (name) => loadOf(name, client, MS)))
    }
  }
  return answered
}

/** Streams of 500 events, each connection one of them. */
async function benchStreams(servers: Servers, [client]: readonly Client[], extent: Extent, results: Results) {
  if (extent.streamRounds === 0) return
  using lines = await openLines(servers, STREAM_CONNECTIONS)
  const loadOf = (name: Name) => ({
    ...chatTo(servers[name], client?.headers),
    body: question.replace('{', '{"stream":true,'),
    connections: STREAM_CONNECTIONS,
    ms: 0,
  })
  for (const name of NAMES) await lines[name].apply(loadOf(name))
  for (let i = 0; i < extent.streamRounds; i++) {
    keep(results, 'stream', await measureRound(servers, lines, i, loadOf))
  }
}

function keep(results: Results, what: string, round: Round): void {
  const rounds = results.get(what)
  if (rounds) rounds.push(round)
  else results.set(what, [round])
}

/** The names turn by one with each round, and every other round runs through them from behind. */
async function measureRound(servers: Servers, lines: Lines, i: number, loadOf: (name: Name) => Load): Promise<Round> {
  const turned = [...NAMES.slice(i % NAMES.length), ...NAMES.slice(0, i % NAMES.length)]
  const round: Round = { this: Number.NaN, other: Number.NaN, relay: Number.NaN }
  for (const name of i % 2 === 0 ? turned : turned.reverse()) {
    const { processorUs } = await measured(servers[name].server, loadOf(name), (load) => lines[name].apply(load))
    round[name] = processorUs
  }
  return round
}

async function openLines(servers: Servers, count: number): Promise<Lines & Disposable> {
  using stack = new DisposableStack()
  const open = async (name: Name) => stack.use(await Connections.open(servers[name].server.url, count))
  const lines = { this: await open('this'), other: await open('other'), relay: await open('relay') }
  const all = stack.move()
  return { ...lines, [Symbol.dispose]: () => all.dispose() }
}

function report(what: string, rounds: readonly Round[]): string {
  const us = NAMES.map((name) => round(medianOf(rounds, (one) => one[name])))
  return row(
    what,
    spread(rounds, (one) => one.this / one.other),
    spread(rounds, (one) => one.this / one.relay),
    spread(rounds, (one) => one.other / one.relay),
    us.join(', '),
  )
}

const row = (what: string, ...columns: string[]) =>
  `${what.padEnd(26)}${columns.map((text) => text.padEnd(37)).join('')}`.trimEnd()

/** Where a checkout lies and, where git knows it, of what commit it is. */
function describe(checkout: string): string {
  const args = ['-C', checkout, 'describe', '--always', '--dirty']
  try {
    return `${checkout} at ${execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()}`
  } catch {
    return checkout
  }
}
