import { useRead } from '../../api/query.ts'
import { useMay } from '../../session/may.ts'
import { DEFAULT_ROW } from './limits/row.ts'
import type { FirstCalls } from './shown-key.tsx'

/** What answers no chat, as far as a model's name tells. */
const NO_CHAT = /embed|rerank|moderation|whisper|tts|speech|transcri|image|dall-e|sora|realtime/i

/** Programs that begin with a key of a project: they call a model that is there, and that the project may call, as far as that is told. */
export function useModelCalls(projectId: string): FirstCalls {
  const of = { params: { project_id: projectId } }
  const path = '/v1/organization/projects/:project_id'
  const sees = useMay('api.management.read')
  const { data: rule } = useRead(`GET ${path}/model_permissions`, of, sees)
  const { data } = useRead(`GET ${path}/rate_limits/usage`, { ...of, query: { limit: 100 } })
  const mayUse = (model: string) => !rule || rule.model_ids.includes(model) === (rule.mode === 'allow_list')
  const open = (data?.data ?? []).filter(
    ({ model, limits }) => model !== DEFAULT_ROW && mayUse(model) && limits.every(({ maximum }) => maximum > 0),
  )
  const one = open.find(({ model }) => !NO_CHAT.test(model)) ?? open[0]
  return callsOf(one?.model ?? 'your-model')
}

function callsOf(name: string): FirstCalls {
  const model = JSON.stringify(name)
  return {
    curl: (key) =>
      `curl ${location.origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": ${model.replaceAll("'", "'\\''")}, "messages": [{"role": "user", "content": "Hello"}]}'`,
    Python: (key) =>
      `from openai import OpenAI

client = OpenAI(base_url="${location.origin}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model=${model}, messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content)`,
    JavaScript: (key) =>
      `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${location.origin}/v1', apiKey: '${key}' })
const answer = await client.chat.completions.create({
  model: ${model}, messages: [{ role: 'user', content: 'Hello' }] })
console.log(answer.choices[0].message.content)`,
  }
}
