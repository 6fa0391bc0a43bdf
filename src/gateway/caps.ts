/**
 * What a call is charged at most, whatever its model server says that it used: the word of a server, and of one alone, could
 * close an organization otherwise. Null where nobody has said a most; such a call is refused where a spend limit holds.
 */
export type Caps = {
  inputTokens: number | null
  /** What the request only refers to, as a client writes it, so that its input has no bound but the model's own; null: nothing. */
  unseen: string | null
  outputTokens: number | null
  /** How a request of this kind says the most of an answer itself; null where it cannot. */
  maximum: string | null
}

/** Of a call that can use nothing. */
export const NO_CAPS: Caps = { inputTokens: 0, unseen: null, outputTokens: 0, maximum: null }
