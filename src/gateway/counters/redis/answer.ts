import type { Decision } from '../counters.ts'
import type { RedisTaken } from './taken.ts'

/** What the script decided of a call; null where it could not yet. */
export function decisionOf(answer: string, taken: RedisTaken): Decision | null {
  const numbers = () => (answer.length > 1 ? answer.slice(1).split(' ').map(Number) : [])
  switch (answer[0]) {
    case 't':
      return { taken, levels: numbers() }
    case 'f': {
      const all = numbers()
      const half = all.length / 2
      return { taken: null, levels: all.slice(0, half), paces: all.slice(half) }
    }
    case 'p':
    case 'o': {
      const of = answer[0] === 'p' ? 'project' : 'organization'
      return { taken: null, short: { of, isSpent: answer[1] === '1' } }
    }
    default:
      return null
  }
}
