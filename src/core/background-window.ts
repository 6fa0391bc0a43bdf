/** The windows within which a response in the background is made for less, as the original has them (`openai` 7.59); `soonest` is none. */
export const backgroundWindows = ['2h', '8h'] as const
export type BackgroundWindow = (typeof backgroundWindows)[number]

export const isBackgroundWindow = (text: unknown): text is BackgroundWindow =>
  (backgroundWindows as readonly unknown[]).includes(text)
