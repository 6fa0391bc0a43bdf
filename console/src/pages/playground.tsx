import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Empty } from '../patterns/empty.tsx'
import { Failure } from '../patterns/failure.tsx'
import { Page } from '../patterns/page.tsx'
import type { PlaygroundView } from '../routes/views.ts'
import { Choices } from './playground/choices.tsx'
import { Composer } from './playground/composer.tsx'
import { isGateHere } from './playground/gate.ts'
import { HeldKey } from './playground/held-key.tsx'
import { useKey } from './playground/key.ts'
import { KeyChoice } from './playground/key-choice.tsx'
import { ModelField } from './playground/model-field.tsx'
import './playground/playground.css'
import { missingIn, type Settings } from './playground/request.ts'
import { useTalk } from './playground/talk.ts'
import { TurnView } from './playground/turn.tsx'

/** Calls of models through the gate, made in the browser as any program makes them. */
export function Playground() {
  const gate = useQuery({ queryKey: ['the gate'], queryFn: ({ signal }) => isGateHere(signal) })
  return (
    <Page
      title="Playground"
      lead="Call a model as a program does, with all rules of a project, and see what the call says of itself."
    >
      {gate.error && gate.data === undefined ? (
        <Failure error={gate.error} again={() => void gate.refetch()} />
      ) : gate.data === undefined ? (
        <span className="bone" />
      ) : gate.data ? (
        <Bench />
      ) : (
        <Empty
          title="No models are called here"
          words="This server was started without its gate (serve --only), so there is nothing at this address to call. Its operator knows where the gate is."
        />
      )}
    </Page>
  )
}

function Bench() {
  const view = useSearch({ from: '/inside/playground' })
  const navigate = useNavigate()
  const apiKey = useKey()
  const talk = useTalk()
  const [chosen, choose] = useState<Omit<Settings, 'model'>>({
    ...{ system: '', temperature: '', maxTokens: '', isStreamed: true },
  })
  const settings = { ...chosen, model: view.model ?? '' }
  const show = (change: PlaygroundView) =>
    void navigate({ to: '/playground', search: (all) => ({ ...all, ...change }), replace: true })
  const { held } = apiKey
  const projectId = held?.by === 'made' ? held.projectId : null
  return (
    <div className="play">
      <section className="play-side" aria-label="Key and choices">
        {held === null ? (
          <KeyChoice apiKey={apiKey} projectId={view.project} onProject={(project) => show({ project })} />
        ) : (
          <HeldKey held={held} onDrop={apiKey.drop} />
        )}
        <ModelField held={held} value={settings.model} onChoose={(model) => show({ model: model || undefined })} />
        <Choices settings={settings} onChange={(change) => choose({ ...chosen, ...change })} />
      </section>
      <section className="play-talk" aria-label="Conversation">
        {talk.turns.length === 0 ? (
          <Empty
            title="Nothing is asked yet"
            words="Make a key, choose a model and write a message. What is said here is kept by this page alone, and gone with it."
          />
        ) : (
          <div className="row-end">
            <Button variant="default" size="compact-xs" onClick={talk.clear}>
              Clear
            </Button>
          </div>
        )}
        <div role="log" aria-label="Calls">
          {talk.turns.map((turn) => (
            <TurnView key={turn.id} turn={turn} projectId={projectId} />
          ))}
        </div>
        <Composer
          denied={held === null ? 'Make a key first, or paste one.' : missingIn(settings)}
          isRunning={talk.isRunning}
          onSend={(text) => held && void talk.send(held.secret, text, settings)}
          onStop={talk.stop}
        />
      </section>
    </div>
  )
}
