import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { KeyForm } from '../project/key-form.tsx'

const calls = {
  curl: (key: string) => `curl ${location.origin}/v1/organization/projects \\\n  -H "Authorization: Bearer ${key}"`,
  JavaScript: (key: string) =>
    `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${location.origin}/v1', adminAPIKey: '${key}' })
for await (const project of client.admin.organization.projects.list()) {
  console.log(project.name)
}`,
}

/** Makes an admin key of one's own, and shows it this once. */
export function NewAdminKey({ onClose }: { onClose: () => void }) {
  const [secret, keep] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange('POST /v1/organization/admin_api_keys', ({ value }) => keep(value))
  return (
    <KeyForm
      {...{ title: 'New admin key', action: 'Create key', calls, secret, onClose, busy: isPending, error }}
      description="What uses it. It is yours, and does what you may do in the organization."
      onSubmit={(body) => mutate({ body })}
    />
  )
}
