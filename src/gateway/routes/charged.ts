import type { Charges } from './declaration.ts'

/** What calls are charged with, by what they ask for. */
export const charged = {
  answer: { tokens: 'maximum', output: true, images: false, audio: false },
  input: { tokens: 'estimate', output: false, images: false, audio: false },
  images: { tokens: 'estimate', output: true, images: true, audio: false },
  speech: { tokens: 'estimate', output: true, images: false, audio: false },
  recording: { tokens: 'estimate', output: true, images: false, audio: true },
} as const satisfies Record<string, Charges>
