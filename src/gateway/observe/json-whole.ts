import type { Want } from '../routes/want.ts'
import type { JsonSink } from './json-watch.ts'

/** Tells of a value that was parsed whole what `JsonWatch` tells of its text, but for the pieces of strings. */
export function tellWhole(want: Want, value: unknown, sink: JsonSink): void {
  const isList = Array.isArray(value)
  if (want.list !== undefined && !isList) sink.list(want.list, 'none')
  if (want.keep !== undefined) {
    if (value !== null) sink.kept(want.keep, value)
  } else if (isList) tellList(want, value, sink)
  else if (want.members !== undefined && typeof value === 'object' && value !== null) {
    for (const { name, want: inner } of want.members) {
      const member = (value as Record<string, unknown>)[name]
      if (member !== undefined) tellWhole(inner, member, sink)
    }
  }
}

function tellList({ each, list }: Want, values: readonly unknown[], sink: JsonSink): void {
  if (each === undefined) return
  if (list !== undefined) sink.list(list, 'open')
  for (const value of values) {
    if (list !== undefined) sink.list(list, 'element')
    tellWhole(each, value, sink)
  }
  if (list !== undefined) sink.list(list, 'close')
}
