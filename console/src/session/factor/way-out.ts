import { CallError } from '../../api/call.ts'

/** How who has begun to set a second factor up leaves it. */
export type WayOut = {
  /** What stands on the button. */
  word: string
  /** @param over why what was begun is of no use any more; null: who began it wants to leave it */
  go: (over: Error | null) => void
}

/** Whether a refusal says that what was begun is over (it waited too long, or is void), so that sending it again does not help. */
export const isOver = (error: Error): boolean =>
  error instanceof CallError && (error.code === 'invalid_passkey' || error.code === 'no_second_factor')
