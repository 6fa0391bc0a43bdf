import { useEffect, useRef, useState } from 'react'
import { type Answer, ask, unanswered } from './answer.ts'
import { type ChatRequest, type Message, requestOf, type Settings } from './request.ts'

/** Something that was asked, and what became of it. */
export type Turn = { id: number; asked: string; request: ChatRequest; answer: Answer }

/** The calls of this page, in the order in which they were made. They are kept nowhere else. */
export function useTalk() {
  const [turns, set] = useState<readonly Turn[]>([])
  const running = useRef<AbortController | null>(null)
  // Who leaves the page pays for no more of an answer that nobody reads.
  useEffect(() => () => running.current?.abort(), [])

  const send = async (secret: string, asked: string, settings: Settings) => {
    const request = requestOf(settings, [...turns.flatMap(saidIn), { role: 'user', content: asked }])
    const id = (turns.at(-1)?.id ?? 0) + 1
    const abort = new AbortController()
    running.current = abort
    set([...turns, { id, asked, request, answer: unanswered }])
    await ask(request, secret, abort.signal, (change) =>
      set((all) => all.map((turn) => (turn.id === id ? { ...turn, answer: { ...turn.answer, ...change } } : turn))),
    )
  }
  return {
    turns,
    isRunning: turns.some(({ answer }) => answer.state === 'running'),
    send,
    stop: () => running.current?.abort(),
    clear: () => {
      running.current?.abort()
      set([])
    },
  }
}

/** What of a turn the model is reminded of: of a call that was refused, or had no answer, nothing. */
function saidIn({ asked, answer }: Turn): Message[] {
  if (answer.text === '') return []
  return [
    { role: 'user', content: asked },
    { role: 'assistant', content: answer.text },
  ]
}
