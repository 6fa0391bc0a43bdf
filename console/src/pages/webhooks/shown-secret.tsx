import { Button, Drawer } from '@mantine/core'
import { Command } from '../../patterns/command.tsx'

type ShownSecretProps = { secret: string; onClose: () => void }

/** The program that believes what is signed, as the official client has it. */
const receiver = `import OpenAI from 'openai'

const client = new OpenAI({ apiKey: 'none', webhookSecret: process.env.WEBHOOK_SECRET })
// In what answers the request: its body as text, and its headers.
const event = await client.webhooks.unwrap(body, headers)`

/** The secret that an endpoint's requests are signed with, this once. */
export const ShownSecret = ({ secret, onClose }: ShownSecretProps) => (
  <Drawer opened onClose={onClose} title="Its signing secret" closeOnClickOutside={false}>
    <div className="stack">
      <p className="notice warn">Copy it now: it is not shown again, and nobody can read it here later.</p>
      <Command label="The signing secret" text={secret} />
      <p>Whoever receives the requests believes those alone that are signed with it:</p>
      <Command label="A receiver, in JavaScript" text={receiver} />
      <div className="row-end">
        <Button onClick={onClose}>Done</Button>
      </div>
    </div>
  </Drawer>
)
