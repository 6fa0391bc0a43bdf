import { Button, Drawer, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { Command } from '../../patterns/command.tsx'

/** Programs that begin with a key, by their language. */
export type FirstCalls = Record<string, (key: string) => string>

const modelCalls: FirstCalls = {
  curl: (key) =>
    `curl ${location.origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "echo", "messages": [{"role": "user", "content": "Hello"}]}'`,
  Python: (key) =>
    `from openai import OpenAI

client = OpenAI(base_url="${location.origin}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model="echo", messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content)`,
  JavaScript: (key) =>
    `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${location.origin}/v1', apiKey: '${key}' })
const answer = await client.chat.completions.create({
  model: 'echo', messages: [{ role: 'user', content: 'Hello' }] })
console.log(answer.choices[0].message.content)`,
}

type ShownKeyProps = { secret: string; calls?: FirstCalls | undefined; onClose: () => void }

/** A new key, this once, and what one begins with. */
export function ShownKey({ secret, calls = modelCalls, onClose }: ShownKeyProps) {
  const [language, choose] = useState('curl')
  return (
    <Drawer opened onClose={onClose} title="Your new key" closeOnClickOutside={false}>
      <div className="stack">
        <p className="notice warn">Copy it now: it is not shown again, and nobody can read it here later.</p>
        <Command label="The key" text={secret} />
        <SegmentedControl
          size="xs"
          aria-label="Language"
          value={language}
          onChange={choose}
          data={Object.keys(calls)}
        />
        <Command label={`A first call, in ${language}`} text={calls[language]?.(secret) ?? secret} />
        <div className="row-end">
          <Button onClick={onClose}>Done</Button>
        </div>
      </div>
    </Drawer>
  )
}
