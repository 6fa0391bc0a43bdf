import { wholeNumber } from '../../patterns/figures.ts'

/** What is chosen for the calls. */
export type Settings = {
  model: string
  /** What the model is told before everything; empty: nothing. */
  system: string
  /** As it is typed; empty: the model server's own. */
  temperature: string
  maxTokens: string
  isStreamed: boolean
}

export type Message = { role: 'system' | 'user' | 'assistant'; content: string }
export type ChatRequest = ReturnType<typeof requestOf>

export const PATH = '/v1/chat/completions'

type Typed = number | 'wrong' | null

/** A decimal number, with the mark that the viewer's country writes it with; null: nothing is typed. */
export function temperatureOf(typed: string): Typed {
  const text = typed.trim().replace(',', '.')
  if (text === '') return null
  return /^\d{1,3}(\.\d{1,6})?$/.test(text) ? Number(text) : 'wrong'
}

export function maxTokensOf(typed: string): Typed {
  return typed.trim() === '' ? null : (wholeNumber(typed) ?? 'wrong')
}

/** What of the choices is none yet, in words; null: a call can be made. */
export function missingIn({ model, temperature, maxTokens }: Settings): string | null {
  if (model === '') return 'Choose a model first.'
  const isWrong = [temperatureOf(temperature), maxTokensOf(maxTokens)].includes('wrong')
  return isWrong ? 'One of the numbers is none.' : null
}

/** The body of a call. A stream is asked for its usage, which it does not tell otherwise. */
export function requestOf(settings: Settings, messages: readonly Message[]) {
  const told: Message[] = settings.system.trim() === '' ? [] : [{ role: 'system', content: settings.system }]
  const [temperature, max_tokens] = [temperatureOf(settings.temperature), maxTokensOf(settings.maxTokens)]
  return {
    model: settings.model,
    messages: [...told, ...messages],
    ...(temperature !== null && { temperature }),
    // The one name for it that every model server with this route reads.
    ...(max_tokens !== null && { max_tokens }),
    ...(settings.isStreamed && { stream: true, stream_options: { include_usage: true } }),
  }
}

/**
 * The same call from a shell. The key is a variable of the shell: a command is pasted where others read it.
 * @param origin of the server: `https://models.example`
 */
export function curlOf(request: ChatRequest, origin: string): string {
  const body = JSON.stringify(request, null, 2).replaceAll("'", "'\\''")
  return `curl ${'stream' in request ? '-N ' : ''}${origin}${PATH} \\
  -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -H "Content-Type: application/json" \\
  -d '${body}'`
}
