import { useDebouncedValue } from '@mantine/hooks'
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import { useEffect, useRef, useState } from 'react'
import { Icon } from '../patterns/icons.tsx'
import { seen, straight } from '../patterns/names.ts'
import { useActions } from './palette/actions.ts'
import { useFound } from './palette/found.ts'
import { type Option, passes, ranked } from './palette/option.ts'
import { usePlaces } from './palette/places.ts'
import './palette/palette.css'

const [store, palette] = createSpotlight()
export const openPalette = (): void => palette.open()

const LIST = 'palette'

/** Every page, action, project, person and key by its name, from the keyboard. */
export function Palette() {
  const [isOpen, open] = useState(false)
  const [typed, type] = useState('')
  const [asked] = useDebouncedValue(typed.trim(), 200)
  const known = ranked(typed, [...usePlaces(), ...useActions()])
  const { options, isLooking } = useFound(asked || undefined, isOpen)
  const isSettled = asked === typed.trim() && !isLooking
  const shown = [...known, ...useLasting(options, isSettled, typed)]
  useFirstSelected(typed !== '' && isOpen ? shown.map(({ id }) => id).join() : '')
  return (
    <Spotlight
      store={store}
      actions={shown.map(({ id, label, description, icon, go }) => ({
        ...{
          id,
          label: seen(label),
          description: straight(description),
          leftSection: <Icon name={icon} />,
          onClick: go,
        },
      }))}
      query={typed}
      onQueryChange={type}
      // They have been sifted: by their words here, and by the server.
      filter={(_, actions) => actions}
      shortcut={['mod + K', '/']}
      nothingFound={!isSettled ? 'Looking…' : 'Nothing has this name'}
      scrollable
      maxHeight={420}
      scrollAreaProps={{ id: LIST }}
      lockScroll={false}
      attributes={{ content: { 'aria-label': 'Find' } }}
      onSpotlightOpen={() => open(true)}
      onSpotlightClose={() => open(false)}
      searchProps={{
        leftSection: <Icon name="search" />,
        placeholder: 'Go to a page, a project, a person or a key',
        'aria-label': 'Find',
      }}
    />
  )
}

/**
 * What is found, and while the server's answer is on its way what was found before it, as far as it has what is typed by now: what
 * somebody is about to take does not go away and come back.
 */
function useLasting(options: readonly Option[], isSettled: boolean, typed: string): readonly Option[] {
  const before = useRef(options)
  useEffect(() => {
    if (isSettled) before.current = options
  })
  // Where nothing is typed nothing was found for it: what was looked for before is another matter.
  if (isSettled || typed.trim() === '') return options
  const there = new Set(options.map(({ id }) => id))
  return [...options, ...before.current.filter(({ id }) => !there.has(id))].filter(passes(typed))
}

/** Enter takes what is first, also where it came from the server after the last key. @param ids of what is shown; empty: nothing is to be selected */
function useFirstSelected(ids: string) {
  useEffect(() => {
    if (ids === '') return
    const list = document.getElementById(LIST)
    if (!list || list.querySelector('[data-selected]')) return
    list.querySelector('[data-action]')?.setAttribute('data-selected', 'true')
    store.setState({ ...store.getState(), selected: 0 })
  }, [ids])
}
