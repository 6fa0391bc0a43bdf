/** The kinds of calls that can leave their model out, as the configuration names them. */
export const defaultedCalls = ['moderations', 'images'] as const
export type DefaultedCall = (typeof defaultedCalls)[number]

/** The model that calls of each kind mean that name none; null where the configuration says nothing. */
export type DefaultModels = Readonly<Record<DefaultedCall, string | null>>

export const NO_DEFAULTS: DefaultModels = { moderations: null, images: null }

/**
 * What the original takes where a call names no model, good here where somebody has that model. It has had none for images
 * since the last one that could be left out was shut down.
 */
export const originalDefaults: DefaultModels = { moderations: 'omni-moderation-latest', images: null }
