import type { Governed } from './governed.ts'
import { chatTo } from './measure.ts'
import { applyLoad, type Running } from './processes.ts'
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

type Large = { path: string; type: string; body: string }

async function measure(server: Running, key: string, large: Large) {
  const to = chatTo({ server, key })
  const small = { ...to, connections: CONNECTIONS, ms: MS }
  const alone = await applyLoad(small)
  const going = applyLoad({
    ...to,
    url: `${server.url}${large.path}`,
    headers: { ...to.headers, 'content-type': large.type },
    body: large.body,
    fill: LARGE,
    bytesPerMs: BYTES_PER_MS,
    connections: 1,
    ms: MS + 2 * AROUND_MS,
  })
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
