// Ids of transactions: what is used again, what is not, and what comes after the last label.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TransactionTable } from '../../src/tm/table.ts'
import { Transaction, type TransactionHost } from '../../src/tm/transaction.ts'
import { Line, parse, request } from './stage.ts'

/** For a transaction of which only the id matters. */
const NOBODY: TransactionHost = {
  tryingReason: '',
  send: () => '',
  sendAgain() {},
  startTimer() {},
  stopTimer() {},
  timeLeft: () => 0,
  toTag: () => '',
  noteSuspended() {},
  noteTimeout() {},
  noteCancelled() {},
  told() {},
  finish() {},
}

function add(table: TransactionTable, key?: string): Transaction {
  const one = parse(request('OPTIONS'))
  const line = new Line()
  return table.add((index, label) => new Transaction(NOBODY, index, label, key, one, line, 1000))
}

test('after the label 2^32 - 1 comes 0', () => {
  const table = new TransactionTable(2 ** 32 - 2)
  const transactions = Array.from({ length: 4 }, () => add(table))
  assert.deepEqual(
    transactions.map(({ label }) => label),
    [2 ** 32 - 2, 2 ** 32 - 1, 0, 1],
  )
  for (const transaction of transactions) {
    assert.equal(table.find(transaction.index, transaction.label), transaction)
    assert.equal(table.find(transaction.index, transaction.label - 2 ** 32), undefined)
  }
})

test('the index that was released last is used first, and all are used before a new one', () => {
  const table = new TransactionTable(7)
  const transactions = Array.from({ length: 4 }, () => add(table))
  assert.deepEqual(
    transactions.map(({ index }) => index),
    [0, 1, 2, 3],
  )
  table.release(transactions[1] as Transaction)
  table.release(transactions[3] as Transaction)
  assert.equal(table.size, 2)
  assert.deepEqual(
    table.all().map(({ index }) => index),
    [0, 2],
  )
  assert.equal(table.find(1, 8), undefined)
  assert.deepEqual(
    Array.from({ length: 3 }, () => add(table).index),
    [3, 1, 4],
  )
  assert.equal(table.find(1, 8), undefined)
  assert.ok(table.find(1, 12))
})

test('a key outlives the id, until it is forgotten', () => {
  const table = new TransactionTable(0)
  const transaction = add(table, 'key')
  assert.equal(table.match('key'), transaction)
  table.release(transaction)
  assert.equal(table.match('key'), transaction)
  table.forget('key')
  assert.equal(table.match('key'), undefined)
})
