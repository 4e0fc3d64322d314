// The limit of the machine: bench/native/raw_fanout.cc writes what it reads to everybody and looks at none of it.

import { join } from 'node:path'
import { startServer } from '../processes.ts'
import type { Peer } from './peer.ts'

const PROGRAM = join(import.meta.dirname, '..', 'build', 'raw_fanout')

export const raw: Peer = {
  name: 'raw',
  setup: 'C++, epoll, no parsing: what is read is written to everybody',
  protocol: 'netstring',
  version: () => '1',
  install: 'make -C bench/native',
  start: () => startServer({ command: PROGRAM, args: [] }),
}
