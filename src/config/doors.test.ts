import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenDoors, doors, isConsoleBuilt } from './doors.ts'

function chosen(only: unknown) {
  const mistakes: string[] = []
  return { doors: chosenDoors(only, mistakes), mistakes }
}

test('--only chooses doors, in any order and with blanks, and refuses what is none', () => {
  assert.deepEqual(chosen('gateway'), { doors: ['gateway'], mistakes: [] })
  assert.deepEqual(chosen(' docs , admin'), { doors: ['admin', 'docs'], mistakes: [] })
  assert.deepEqual(chosen('admin,admin'), { doors: ['admin'], mistakes: [] })
  assert.match(chosen('Admin').mistakes[0] ?? '', /^--only: 'Admin': there is no such door/)
  assert.equal(chosen('admin,x,y').mistakes.length, 2)
  for (const only of ['', ' ', 'admin,']) assert.equal(chosen(only).mistakes.length, 1, JSON.stringify(only))
})

test('the console is served where it is built, and refused in words where it is not, or where nobody answers its pages', () => {
  const isBuilt = isConsoleBuilt()
  assert.deepEqual(chosen(undefined), { doors: doors.filter((door) => door !== 'console' || isBuilt), mistakes: [] })
  const both = chosen('admin,console')
  if (isBuilt) assert.deepEqual(both, { doors: ['admin', 'console'], mistakes: [] })
  else assert.match(both.mistakes[0] ?? '', /^--only: 'console': the console is not built/)
  assert.match(chosen('gateway,console').mistakes.at(-1) ?? '', /^--only: 'console' needs 'admin' beside it/)
})
