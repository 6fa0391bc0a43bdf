import { Button, Drawer, NativeSelect, SegmentedControl, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Command } from '../../patterns/command.tsx'
import { Sheet } from '../../patterns/sheet.tsx'

const lifetimes = [
  { value: '', label: 'Never' },
  { value: '604800', label: 'In 7 days' },
  { value: '2592000', label: 'In 30 days' },
  { value: '7776000', label: 'In 90 days' },
  { value: '31536000', label: 'In a year' },
]

/** Makes a key of one's own, and shows it this once. */
export function NewKey({ projectId, opened, onClose }: { projectId: string; opened: boolean; onClose: () => void }) {
  const [name, type] = useState('')
  const [lifetime, choose] = useState('')
  const [secret, keep] = useState<string | null>(null)
  const { mutate, isPending, error, reset } = useChange(
    'POST /v1/organization/projects/:project_id/api_keys',
    ({ value }) => keep(value),
  )
  const close = () => {
    onClose()
    keep(null)
    type('')
    reset()
  }
  if (secret !== null) return <Shown secret={secret} onClose={close} />
  return (
    <Sheet
      {...{ title: 'New key', opened, onClose: close, action: 'Create key', busy: isPending, error }}
      onSubmit={() =>
        mutate({
          params: { project_id: projectId },
          body: { name, ...(lifetime !== '' && { expires_in_seconds: Number(lifetime) }) },
        })
      }
    >
      <TextInput
        label="Name"
        description="What the key is for. It is yours, and does what you may do in this project."
        value={name}
        onChange={(event) => type(event.currentTarget.value)}
        maxLength={255}
        required
        withAsterisk={false}
        data-autofocus
        autoComplete="off"
      />
      <NativeSelect
        label="Expires"
        value={lifetime}
        onChange={(event) => choose(event.currentTarget.value)}
        data={lifetimes}
      />
    </Sheet>
  )
}

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

function Shown({ secret, onClose }: { secret: string; onClose: () => void }) {
  const [language, choose] = useState<Language>('curl')
  return (
    <Drawer
      opened
      onClose={onClose}
      title="Your new key"
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
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
