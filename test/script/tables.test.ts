// docs/kamailio.md says what the code does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { currentPage, pageWithTables } from './write-tables.ts'

test('the tables of docs/kamailio.md are those of the code: npm run kamailio:tables writes them', () => {
  assert.equal(currentPage(), pageWithTables())
})
