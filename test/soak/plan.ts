import { seeded } from '../support/seeded.ts'

/*
 * What each call of a soak is, by the seed and its number alone: client, model server and the books read the same.
 */

/** The routes that are called: how each asks, and where what it used is reported. */
export const routes = {
  chat: { path: '/v1/chat/completions', report: 'completions' },
  text: { path: '/v1/completions', report: 'completions' },
  responses: { path: '/v1/responses', report: 'completions' },
  embeddings: { path: '/v1/embeddings', report: 'embeddings' },
  moderations: { path: '/v1/moderations', report: 'moderations' },
  images: { path: '/v1/images/generations', report: 'images' },
  transcriptions: { path: '/v1/audio/transcriptions', report: 'audio_transcriptions' },
} as const
export type RouteName = keyof typeof routes

/**
 * What the model server does. The first answer whole; the others fail with an error, before the reply, in the middle of it, or
 * say what is not so.
 */
export type Behaviour =
  | 'answers'
  | 'is_slow'
  | 'reports_nothing'
  | 'lies'
  | 'sends_cut_json'
  | 'fails'
  | 'is_busy'
  | 'resets'
  | 'keeps_silent'
  | 'breaks'
  | 'stalls'

/** When the client leaves; null: it waits for the end. `slow`: it takes its time with the body, and stays. */
export type Leaving = 'in_body' | 'when_sent' | 'at_head' | 'in_reply' | 'slow' | null

export type Plan = {
  number: number
  route: RouteName
  model: string
  stream: boolean
  behaviour: Behaviour
  leaving: Leaving
  /** Pieces of a reply, a word and so a token each. */
  words: number
  /** What the model server reports where it tells the truth. */
  reported: { input: number; cached: number; output: number }
  /** The most that is asked for. */
  maximum: number
}

const behaviours: readonly Behaviour[] = [
  ...Array<Behaviour>(14).fill('answers'),
  ...(['is_slow', 'reports_nothing', 'lies', 'sends_cut_json', 'fails', 'is_busy', 'resets'] as const),
  ...(['keeps_silent', 'breaks', 'stalls'] as const),
]
const leavings: readonly Leaving[] = [
  ...Array<Leaving>(14).fill(null),
  ...(['in_body', 'when_sent', 'at_head', 'in_reply', 'slow'] as const),
]
const common: readonly RouteName[] = ['chat', 'chat', 'chat', 'text', 'responses', 'responses']
const others: readonly RouteName[] = ['embeddings', 'moderations', 'images', 'transcriptions']
/** The reports say nothing of the tokens of images and recordings: costs do, so that they have a model of their own. */
export const models = { text: ['m1', 'm2'], other: 'm3' } as const
const hasTokensInReports = (route: RouteName) => route === 'embeddings' || route === 'moderations'

export function planOf(seed: number, number: number): Plan {
  const { between, pick } = seeded(seed, number)
  const route = pick([...common, ...others])
  const makesText = routes[route].report === 'completions'
  const behaviour = pick(behaviours)
  const input = between(1, 200)
  const maximum = between(50, 400)
  return {
    number,
    route,
    model: makesText ? pick(models.text) : hasTokensInReports(route) ? models.text[0] : models.other,
    stream: makesText && between(0, 1) === 1,
    behaviour,
    leaving: pick(leavings),
    words: makesText ? between(1, 12) : 0,
    // What makes no text has little output, whatever it is: less than is allowed where none is asked for.
    reported: { input, cached: between(0, 3) === 0 ? between(0, input) : 0, output: between(1, makesText ? 50 : 10) },
    maximum,
  }
}

/** How a call says its number to the model server, wherever in the request it stands. */
export const mark = ({ number }: Pick<Plan, 'number'>) => `call-${number}-of-the-soak`
export const markedIn = (body: string): number => Number(/call-(\d+)-of-the-soak/.exec(body)?.[1] ?? Number.NaN)
