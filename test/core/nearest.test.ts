// The nearest known name, for error messages.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../../src/core/nearest.ts'

const NAMES = ['evapi:connection-new', 'evapi:message-received', 'evapi:connection-closed']

test('a typing mistake finds the name that was meant', () => {
  assert.equal(nearest('evapi:mesage-received', NAMES), 'evapi:message-received')
  assert.equal(nearest('EVAPI:MESSAGE-RECEIVED', NAMES), 'evapi:message-received')
  assert.equal(nearest('evapi:connection-close', NAMES), 'evapi:connection-closed')
})

test('a name unlike all others finds none', () => {
  assert.equal(nearest('tm:local-request', NAMES), undefined)
  assert.equal(nearest('x', []), undefined)
})
