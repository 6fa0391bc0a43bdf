import { type Governed, startGoverned } from './governed.ts'
import { chatTo, type Target } from './measure.ts'
import { applyLoad, freePort, type Running } from './processes.ts'
import { medianOf, ratio, round } from './statistics.ts'

const ROUNDS = 5
const CONNECTIONS = 4
const MS = 800
/** The large one begins before the small ones and ends after them. */
const AROUND_MS = 300
const LARGE = 10_000_000
/** What a client on a network of a gigabit a second sends in a millisecond. */
const BYTES_PER_MS = 125_000

/**
 * Small requests while one of 10 MB is always on its way: what is done with so many bytes must not be done in one go. The same
 * in front of the bare relay, which does nothing with them, says how much of it is the machine's.
 */
export async function benchLarge(relay: Running, { server, key }: Governed): Promise<string[]> {
  const lines: string[] = []
  for (const [what, large] of Object.entries({ 'a chat with an image in it': chat, 'a form to images/edits': form })) {
    const rounds: Record<'bare' | 'ours', { alone: number; beside: number }>[] = []
    for (let i = 0; i < ROUNDS; i++) {
      rounds.push({ bare: await measure(relay, key, large), ours: await measure(server, key, large) })
    }
    const rise = (who: 'bare' | 'ours') => ratio(rounds, (one) => one[who].beside / one[who].alone)
    const ms = (which: 'alone' | 'beside') =>
      round(
        medianOf(rounds, ({ ours }) => ours[which]),
        1,
      )
    lines.push(
      `p99 of small requests while ${what} of 10 MB is sent, as a multiple of without (target 2): ${rise('ours')}; ${ms('alone')} ms -> ${ms('beside')} ms; bare relay ${rise('bare')}`,
    )
  }
  return lines
}

const STOP_ROUNDS = 9
const STOP_WARM = 5

/**
 * How long the loop stands still at most while one body of 10 MB passes, and nothing else is asked: by the clock, and by the
 * processor time of the longest turn, which what else runs on the machine does not lengthen.
 * @param folder of its own
 */
export async function benchStops(folder: string, upstreamUrl: string): Promise<string[]> {
  const port = await freePort()
  const watched = {
    NODE_OPTIONS: `--import=${new URL('loop-stops.ts', import.meta.url)}`,
    LOOP_STOPS_PORT: String(port),
  }
  await using governed = await startGoverned({ folder, upstreamUrl, env: watched })
  const { server, key } = governed
  const stops = async (): Promise<{ stop: number; busy: number }> => {
    const reply = await fetch(`http://127.0.0.1:${port}`)
    return (await reply.json()) as { stop: number; busy: number }
  }
  const lines: string[] = []
  for (const [what, large] of Object.entries({ 'a chat with an image in it': chat, 'a form to images/edits': form })) {
    const rounds: { stop: number; busy: number }[] = []
    for (let i = -STOP_WARM; i < STOP_ROUNDS; i++) {
      await stops()
      await applyLoad({ ...sent({ server, key }, large), connections: 1, ms: 0 })
      const seen = await stops()
      if (i >= 0) rounds.push(seen)
    }
    const ms = (which: 'stop' | 'busy') => {
      const most = round(Math.max(...rounds.map((one) => one[which])), 1)
      return `${round(
        medianOf(rounds, (one) => one[which]),
        1,
      )} ms, at most ${most} ms`
    }
    lines.push(
      `longest turn of the loop while ${what} of 10 MB passes, processor time (target 8 ms): ${ms('busy')}; by the clock ${ms('stop')}`,
    )
  }
  return lines
}

/** A large request, as a client on a fast network sends it. */
const sent = (to: Target, { path, type, body }: Large) => {
  const { headers, ...chat } = chatTo(to)
  return {
    ...chat,
    url: `${to.server.url}${path}`,
    headers: { ...headers, 'content-type': type },
    body,
    fill: LARGE,
    bytesPerMs: BYTES_PER_MS,
  }
}

type Large = { path: string; type: string; body: string }

async function measure(server: Running, key: string, large: Large) {
  const to = chatTo({ server, key })
  const small = { ...to, connections: CONNECTIONS, ms: MS }
  const alone = await applyLoad(small)
  const going = applyLoad({ ...sent({ server, key }, large), connections: 1, ms: MS + 2 * AROUND_MS })
  await new Promise((resolve) => setTimeout(resolve, AROUND_MS))
  const beside = await applyLoad(small)
  await going
  return { alone: alone.p99, beside: beside.p99 }
}

const chat: Large = {
  path: '/v1/chat/completions',
  type: 'application/json',
  body: JSON.stringify({
    model: 'bench',
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,<fill>' } },
        ],
      },
    ],
  }),
}

const BOUNDARY = '----bench'
const field = (name: string, text: string) =>
  `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`
const form: Large = {
  path: '/v1/images/edits',
  type: `multipart/form-data; boundary=${BOUNDARY}`,
  body: `--${BOUNDARY}\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n<fill>\r\n${field('prompt', 'a cat')}${field('model', 'bench')}--${BOUNDARY}--\r\n`,
}
