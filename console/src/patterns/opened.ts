import { useNavigate, useRouter, useSearch } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'

/**
 * What of a page is open, as its address says it: what is beside it (`open`: a form, a question), which row of a list that is about
 * (`of`), and the rows that show more of themselves (`rows`). So whoever is sent the address sees it, and the way back closes it.
 */
export type Opened = { open?: string | undefined; of?: string | undefined; rows?: string | undefined }

/** @param What the words for what the component opens */
export function useOpened<What extends string>() {
  const { open: what, of } = useSearch({ from: '/inside' })
  const go = useWay()
  const isOpen = (one: What, denied: string | null = null) => what === one && denied === null
  return {
    /** @param denied why who is signed in may not do it: what an address asks for in vain is not shown */
    isOpen,
    /** The row that something is open of, where the list has it. */
    rowOf: <T>(one: What, rows: readonly T[] | undefined, keyOf: (row: T) => string, denied: string | null = null) =>
      isOpen(one, denied) ? rows?.find((row) => keyOf(row) === of) : undefined,
    // What is open already is taken the place of: it is not what one comes back to.
    open: (one: What, key?: string) => (what === undefined ? go.forth : go.instead)({ open: one, of: key }, BESIDE),
    close: () => go.back({ open: undefined, of: undefined }, BESIDE),
  }
}

/** The rows that are open, and what opens and closes one. */
export function useOpenRows(): [readonly string[], (key: string) => void] {
  const { rows } = useSearch({ from: '/inside' })
  const go = useWay()
  const opened = rows?.split(',') ?? []
  const toggle = (key: string) => {
    // A way back closes the row that it opened, and no other.
    if (!opened.includes(key)) return go.forth({ rows: [...opened, key].join() }, key)
    go.back({ rows: opened.filter((one) => one !== key).join() || undefined }, key)
  }
  return [opened, toggle]
}

/** What has come to be open beside a page. */
const BESIDE = 'open'

/**
 * The way to a page with something open, and back from it; all else that the address says stays. Each has a word for what it opens, so that the way
 * back is gone where it closes that, and that alone.
 */
function useWay() {
  const navigate = useNavigate()
  const router = useRouter()
  const { href } = router.state.location
  const isLeaving = useRef(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the way back has been gone when the address is another one
  useEffect(() => {
    isLeaving.current = false
  }, [href])
  const closes = () => {
    const { state } = router.state.location
    return 'closes' in state ? (state.closes as string) : undefined
  }
  const go = (change: Opened, replace: boolean, closes?: string) =>
    void navigate({
      to: '.',
      search: ((all: object) => ({ ...all, ...change })) as never,
      state: ((state: object) => ({ ...state, closes })) as never,
      replace,
      resetScroll: false,
    })
  return {
    forth: (change: Opened, what: string) => go(change, false, what),
    instead: (change: Opened) => go(change, true, closes()),
    back: (change: Opened, what: string) => {
      // Who came here otherwise, by a link, say, stays on the page.
      if (closes() !== what) return go(change, true)
      // Somebody who asks twice goes back once.
      if (!isLeaving.current) router.history.back()
      isLeaving.current = true
    },
  }
}
