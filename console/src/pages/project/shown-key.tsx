import { Button, Drawer, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { Command } from '../../patterns/command.tsx'

const snippets = {
  curl: (key: string) =>
    `curl ${location.origin}/v1/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "echo", "messages": [{"role": "user", "content": "Hello"}]}'`,
  Python: (key: string) =>
    `from openai import OpenAI

client = OpenAI(base_url="${location.origin}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model="echo", messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content)`,
  JavaScript: (key: string) =>
    `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${location.origin}/v1', apiKey: '${key}' })
const answer = await client.chat.completions.create({
  model: 'echo', messages: [{ role: 'user', content: 'Hello' }] })
console.log(answer.choices[0].message.content)`,
}
type Language = keyof typeof snippets
const languages = Object.keys(snippets) as Language[]

/** A new key, this once, and what one begins with. */
export function ShownKey({ secret, onClose }: { secret: string; onClose: () => void }) {
  const [language, choose] = useState<Language>('curl')
  return (
    <Drawer opened onClose={onClose} title="Your new key" closeOnClickOutside={false}>
      <div className="stack">
        <p className="notice warn">Copy it now: it is not shown again, and nobody can read it here later.</p>
        <Command label="The key" text={secret} />
        <SegmentedControl
          size="xs"
          aria-label="Language"
          value={language}
          onChange={(value) => choose(value as Language)}
          data={languages}
        />
        <Command label={`A first call, in ${language}`} text={snippets[language](secret)} />
        <div className="row-end">
          <Button onClick={onClose}>Done</Button>
        </div>
      </div>
    </Drawer>
  )
}
