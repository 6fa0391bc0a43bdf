import { type BackgroundWindow, backgroundWindows, isBackgroundWindow } from '../../core/background-window.ts'
import type { CatalogueModel } from '../../core/catalogue.ts'
import { type Fields, isGiven, isObject } from '../body/fields.ts'
import { notPriced, unknownParameter, wrongType, wrongValue } from '../invalid.ts'
import { flag } from './numbers.ts'

const WINDOW = 'background_options.completion_window'

/** What is sent of the fields that a response in the background hangs on. */
type Sent = { store: unknown; serviceTier: unknown; stream: boolean }

/** Whether a response is to be made in the background, and the window in which it costs less; null: as soon as it can be. */
export type InBackground = { isAsked: boolean; window: BackgroundWindow | null }

/**
 * What a body says of the background.
 * @param sent as it will be: the original keeps what it answers later, and its windows are for standard processing without a stream
 * @throws ApiError 400 for one that is not to be stored, for a window that is not to be had with the rest, and for other options
 */
export function backgroundOf(fields: Fields, { store, serviceTier, stream }: Sent): InBackground {
  const isAsked = flag('background', fields.background)
  const window = windowIn(fields)
  if (window !== null) {
    if (!isAsked)
      throw wrongValue(WINDOW, `'${window}' is for responses in the background: it needs \`background: true\`.`)
    if (stream) throw wrongValue(WINDOW, `'${window}' is for responses without \`stream\`.`)
    if (isGiven(serviceTier) && serviceTier !== 'auto' && serviceTier !== 'default')
      throw wrongValue(WINDOW, `'${window}' is for standard processing, and not for the service tier '${serviceTier}'.`)
  }
  if (isAsked && store === false)
    throw wrongValue('background', 'a response in the background has to be stored, so `store` may not be false.')
  return { isAsked, window }
}

function windowIn({ background_options: options }: Fields): BackgroundWindow | null {
  if (!isGiven(options)) return null
  if (!isObject(options)) throw wrongType('background_options', 'an object', options)
  for (const key in options) if (key !== 'completion_window') throw unknownParameter(`background_options.${key}`)
  const { completion_window: window } = options
  if (!isGiven(window) || window === 'soonest') return null
  if (isBackgroundWindow(window)) return window
  throw wrongValue(WINDOW, `expected one of 'soonest', ${backgroundWindows.map((one) => `'${one}'`).join(' or ')}.`)
}

const priced = new WeakMap<CatalogueModel, Map<BackgroundWindow, CatalogueModel>>()

/**
 * A model at the price of a window: the same object each time. One that costs nothing does so in any window.
 * @throws ApiError 400 for one that has a price, and none for that window
 */
export function atWindow(model: CatalogueModel, window: BackgroundWindow | null): CatalogueModel {
  if (window === null) return model
  const price = model.windowPrices[window] ?? null
  if (price === null && model.price !== null) throw notPriced(WINDOW, window, model.id)
  const known = priced.get(model) ?? new Map<BackgroundWindow, CatalogueModel>()
  priced.set(model, known)
  const made = known.get(window) ?? { ...model, price }
  known.set(window, made)
  return made
}
