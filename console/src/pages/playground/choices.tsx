import { Checkbox, Textarea, TextInput } from '@mantine/core'
import { maxTokensOf, type Settings, temperatureOf } from './request.ts'

type ChoicesProps = { settings: Settings; onChange: (change: Partial<Settings>) => void }

/** What a call asks for besides its model and its messages. */
export function Choices({ settings, onChange }: ChoicesProps) {
  const { system, temperature, maxTokens, isStreamed } = settings
  const number = { size: 'xs', inputMode: 'decimal', placeholder: 'The server’s', autoComplete: 'off' } as const
  return (
    <>
      <Textarea
        size="xs"
        label="System"
        placeholder="What the model is told first"
        rows={3}
        value={system}
        onChange={(event) => onChange({ system: event.currentTarget.value })}
      />
      <div className="play-pair">
        <TextInput
          {...number}
          label="Temperature"
          value={temperature}
          onChange={(event) => onChange({ temperature: event.currentTarget.value })}
          error={temperatureOf(temperature) === 'wrong' && 'A number from 0 on.'}
        />
        <TextInput
          {...number}
          label="Max tokens"
          value={maxTokens}
          onChange={(event) => onChange({ maxTokens: event.currentTarget.value })}
          error={maxTokensOf(maxTokens) === 'wrong' && 'A whole number.'}
        />
      </div>
      <Checkbox
        size="xs"
        label="Stream the answer"
        checked={isStreamed}
        onChange={(event) => onChange({ isStreamed: event.currentTarget.checked })}
      />
    </>
  )
}
