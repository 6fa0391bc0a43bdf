import { Button, Menu } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { RowAct } from './act.tsx'
import { Icon } from './icons.tsx'
import { straight } from './names.ts'

export type RowDeed = {
  word: string
  /** What stands behind the word for who cannot see of which row it is: `of Ada`. */
  of: string
  /** Why it cannot be done, and who could; null: it can. */
  denied: string | null
  onClick: () => void
}

/** All that can be done with a row. Where there is no room for so many words beside each other they are in a menu. */
export function RowActs({ of, deeds }: { of: string; deeds: readonly RowDeed[] }) {
  const isNarrow = useMediaQuery('(max-width: 48rem)', undefined, { getInitialValueInEffect: false })
  if (!isNarrow) return deeds.map((deed) => <RowAct key={deed.word} {...deed} />)
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button variant="subtle" color="gray" size="compact-xs" leftSection={<Icon name="more" size={14} />}>
          Actions
          <span className="hidden"> of {straight(of)}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {deeds.map(({ word, denied, onClick }) =>
          denied === null ? (
            <Menu.Item key={word} onClick={onClick}>
              {word}
            </Menu.Item>
          ) : (
            <Menu.Item key={word} aria-disabled closeMenuOnClick={false} className="denied">
              {word}
              <span className="why">{denied}</span>
            </Menu.Item>
          ),
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
