import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvLine } from '../../console/src/patterns/csv.ts'

test('a cell is one cell whatever is in it, and no text is a formula', () => {
  for (const [cell, written] of [
    ['plain', 'plain'],
    ['a, b', '"a, b"'],
    ['say "no"', '"say ""no"""'],
    ['two\nlines', '"two\nlines"'],
    ['=HYPERLINK("x")', '"\'=HYPERLINK(""x"")"'],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@x', "'@x"],
    [-1, '-1'],
    [0.25, '0.25'],
    [null, ''],
    [undefined, ''],
  ] as const) {
    assert.equal(csvLine([cell, 'end']), `${written},end\r\n`)
  }
})
