// Facts of the machine and of the run that a figure means nothing without.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

export interface MachineFacts {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
  readonly distribution: string
  readonly node: string
  /** How TCP controls congestion by default: it has a part in what a send costs, on loopback, too. */
  readonly congestionControl: string
  readonly commit: string
  /** Load average of the last minute before the run: above about 0.3, somebody else was at work, too. */
  readonly loadBefore: number
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

function setting(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return 'unknown'
  }
}

function commit(): string {
  const { stdout } = spawnSync('git', ['describe', '--always', '--dirty'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  // Null where there is no git.
  return stdout?.trim() || 'unknown'
}

export function machineFacts(): MachineFacts {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    distribution: distribution(),
    node: process.version,
    congestionControl: setting('/proc/sys/net/ipv4/tcp_congestion_control'),
    commit: commit(),
    loadBefore: loadavg()[0] ?? 0,
  }
}
