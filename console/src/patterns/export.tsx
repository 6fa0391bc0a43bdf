import { Button, Menu } from '@mantine/core'
import { useState } from 'react'
import { Icon } from './icons.tsx'
import { told } from './told.ts'

type Format = {
  /** The end of the file's name: `csv`. */
  ending: string
  word: string
  /** The file, part by part, as it is read. */
  parts: () => AsyncIterable<string> | Iterable<string>
}

/** Makes a file of what a page shows, in one of several formats. @param name of the file, without its ending */
export function Export({ name, formats }: { name: string; formats: readonly Format[] }) {
  const [isBusy, work] = useState(false)
  const save = async ({ ending, parts }: Format) => {
    work(true)
    try {
      const all: string[] = []
      for await (const part of parts()) all.push(part)
      download(`${name}.${ending}`, new Blob(all, { type: ending === 'csv' ? 'text/csv' : 'application/x-ndjson' }))
    } catch (error) {
      told(error instanceof Error ? error.message : String(error))
    } finally {
      work(false)
    }
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<Icon name="down" size={14} />} loading={isBusy}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map((format) => (
          <Menu.Item key={format.word} onClick={() => void save(format)}>
            {format.word}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function download(name: string, file: Blob) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The browser has begun to read it when the click is over; a moment more costs nothing.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
